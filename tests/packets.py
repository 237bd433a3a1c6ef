"""Small edXML packets with one attachment, for the tests of the reader."""

import base64
import io
import zipfile

from models import edxml, edxml_read


def packet_with(tmp_path, name, payload, media_type="application/zip"):
    encoded = payload if isinstance(payload, str) else base64.b64encode(payload).decode()
    text = f"""<edXML xmlns="{edxml.NAMESPACE}"><edXMLEnvelope><edXMLHeader><MessageHeader>
      <From><OrganId>H99</OrganId></From><To><OrganId>H98</OrganId></To><DocumentId>x1</DocumentId>
      <Subject>Thử</Subject></MessageHeader></edXMLHeader></edXMLEnvelope><AttachmentEncoded><Attachment>
      <AttachmentName>{name}</AttachmentName><ContentType>{media_type}</ContentType>
      <ContentTransferEncoded>{encoded}</ContentTransferEncoded></Attachment></AttachmentEncoded></edXML>"""
    path = tmp_path / "goi.edxml"
    path.write_text(text)
    return path


def zipped(entries):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return out.getvalue()


def read_one(tmp_path, *args):
    folder = tmp_path / "ra"
    folder.mkdir()
    return edxml_read.decode(packet_with(tmp_path, *args), folder).attachments[0]
