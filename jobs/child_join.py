"""Child program of reading_pages.py, run inside the sandbox: one PDF of the pages of a file, some of them replaced.

    child_join.py FILE TARGET < {"NUMBER": PATH OF A PDF WHOSE FIRST PAGE TAKES ITS PLACE, …}

Outlines, forms, scripts and attachments of the file stay behind: what is made is for reading only.
"""

import json
import sys

import pikepdf


def main(path, target):
    """Join the pages."""
    instead = json.load(sys.stdin)
    with pikepdf.open(path) as document, pikepdf.new() as whole:
        for number, page in enumerate(document.pages, 1):
            other = instead.get(str(number))
            if other is None:
                whole.pages.append(page)
                continue
            with pikepdf.open(other) as read:
                whole.pages.append(read.pages[0])
        whole.docinfo["/Creator"] = "ocrmypdf"  # child_words.py takes its words as OCR placed them
        whole.save(target)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
