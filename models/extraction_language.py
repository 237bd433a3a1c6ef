"""Two-syllable words of office Vietnamese, by which marks that OCR lost or confused are set right. Pure.

«kê hoạch» can only be «kế hoạch». A pair stands here when its letters without marks mean one thing in the language of
offices; a single syllable, a name, a number is never touched (TUYEN may be tuyển or tuyến).
"""

import re
import unicodedata

from models import text

_WORDS = """
an ninh, an toàn, ban chỉ, ban hành, biên bản, biên chế, biên giới, biểu mẫu, biện pháp, báo cáo, bãi bỏ, bình đẳng,
bưu chính, bảo hiểm, bảo mật, bảo quản, bảo trì, bảo tồn, bảo vệ, bảo đảm, bầu cử, bệnh nhân, bệnh viện, bồi dưỡng,
bồi thường, bổ nhiệm, bổ sung, bộ phận, bộ trưởng, bộ y, ca bệnh, cam kết, cao tuổi, cao đẳng, chi cục, chi nhánh, chi
tiết, chi trả, chiến dịch, chiến lược, cho vay, chuyên gia, chuyên môn, chuyên nghiệp, chuyên đề, chuyển giao, chuyển
tiếp, chuyển đổi, chuẩn bị, chuẩn hóa, chính phủ, chính quyền, chính sách, chính trị, chăm sóc, chương trình, chất
lượng, chế biến, chế độ, chỉ thị, chỉ đạo, chỉ định, chủ nhiệm, chủ trì, chủ trương, chủ tịch, chủ động, chức danh,
chức năng, chức vụ, chứng chỉ, chứng nhận, chứng thư, chứng thực, chữa bệnh, chữa cháy, cung cấp, cung ứng, cuối kỳ,
cuối năm, các cơ, các đơn, cách mạng, cán bộ, cây trồng, công an, công bố, công chức, công cụ, công dân, công khai,
công nghiệp, công nghệ, công thương, công trình, công ty, công tác, công việc, công văn, công vụ, công điện, công
đoàn, cơ bản, cơ chế, cơ cấu, cơ quan, cơ sở, cải cách, cải thiện, cải tạo, cấp giấy, cấp phép, cấu hình, cộng hòa,
cộng đồng, củng cố, cứu hộ, cứu nạn, cựu chiến, danh mục, danh sách, di sản, diễn tập, diễn đàn, diện tích, doanh
nghiệp, dân chủ, dân cư, dân số, dân tộc, dây chuyền, dược phẩm, dịch bệnh, dịch vụ, dụng cụ, dự báo, dự kiến, dự
phòng, dự thảo, dự toán, dự trữ, dự án, gia hạn, gia đình, giai đoạn, gian lận, giao dịch, giao thông, giá trị, giám
sát, giám định, giám đốc, giáo dục, giáo viên, giải pháp, giải phóng, giải quyết, giải thưởng, giải trình, giải đáp,
giảm nghèo, giảng viên, giấy chứng, giấy mời, giấy phép, giấy tờ, giống cây, giới hạn, giới thiệu, gói thầu, góp ý,
gửi báo, hiến máu, hiến pháp, hiện trạng, hiện đại, hiệu lực, hiệu quả, hiệu trưởng, hoàn thiện, hoàn thành, hoàn trả,
hoạt động, huy động, huấn luyện, hàng hóa, hàng không, hành chính, hành lang, hành vi, hành động, hòa bình, hướng dẫn,
hưởng ứng, hạ tầng, hạn chế, hạt giống, hải quan, hải sản, hậu cần, hệ thống, học phí, học sinh, học tập, hồ sơ, hỗ
trợ, hội nghị, hội nhập, hội thảo, hội viên, hội đồng, hợp nhất, hợp tác, hợp đồng, khai báo, khai giảng, khai mạc,
khai thác, khen thưởng, khiếu nại, khoa học, khoáng sản, khu vực, khuyến khích, khuyến mại, khuyến nông, khuyết tật,
khám bệnh, không khí, khảo sát, khảo thí, khẩn cấp, khẩn trương, khắc phục, kinh doanh, kinh nghiệm, kinh phí, kinh
tế, kiến nghị, kiến thức, kiến trúc, kiểm dịch, kiểm kê, kiểm nghiệm, kiểm ngư, kiểm soát, kiểm sát, kiểm thử, kiểm
toán, kiểm tra, kiểm định, kiện toàn, kê khai, ký kết, ký số, kế hoạch, kế toán, kết cấu, kết luận, kết nối, kết quả,
kết thúc, kịp thời, kỷ luật, kỷ niệm, kỹ năng, kỹ thuật, lao động, liên kết, liên ngành, liên quan, liên thông, liên
tịch, luân chuyển, làm việc, lâm nghiệp, lãnh đạo, lĩnh vực, lưu thông, lấy ý, lần thứ, lập dự, lễ hội, lễ kỷ, lịch
sử, lựa chọn, lực lượng, miễn nhiệm, mua bán, mua sắm, môi trường, mưa lũ, mầm non, mặt trận, một số, mời họp, mục
tiêu, nghiên cứu, nghiệm thu, nghiệp vụ, nghĩa vụ, nghỉ hưu, nghỉ lễ, nghị quyết, nghị trung, nghị định, ngoại giao,
ngoại ngữ, nguy cơ, nguy hiểm, nguyên tắc, nguồn lực, nguồn vốn, ngành nghề, ngành y, ngân hàng, ngân sách, ngăn chặn,
người dân, người học, người lao, nhanh tiến, nhiễm khuẩn, nhiệm kỳ, nhiệm vụ, nhiệt đới, nhu cầu, nhà giáo, nhà nước,
nhà trường, nhà ở, nhân dân, nhân lực, nhân sự, nhân viên, nhập khẩu, nâng cao, nâng ngạch, nông dân, nông nghiệp,
nông sản, nông thôn, năm học, năng lực, nội bộ, nội dung, nội vụ, phiên họp, phong trào, pháp chế, pháp luật, pháp lý,
pháp lệnh, phát hiện, phát hành, phát sinh, phát triển, phát động, phân bổ, phân cấp, phân loại, phân tích, phê chuẩn,
phê duyệt, phí dịch, phòng cháy, phòng chống, phòng dịch, phòng ngừa, phúc lợi, phúc đáp, phương pháp, phương thức,
phương tiện, phạm vi, phẩm chất, phối hợp, phổ biến, phổ cập, phổ thông, phụ cấp, phụ lục, phục hồi, phục vụ, quy
chuẩn, quy chế, quy hoạch, quy mô, quy trình, quy định, quyết toán, quyết định, quyền hạn, quyền lợi, quyền sử, quân
sự, quân đội, quản lý, quản trị, quốc gia, quốc hội, quốc phòng, quốc tế, rà soát, rút kinh, sinh hoạt, sinh học, sinh
viên, sinh vật, sáng kiến, sáp nhập, sân bay, sơ kết, sản phẩm, sản xuất, sắp xếp, số liệu, số điều, sốt xuất, sở hữu,
sở y, sức khỏe, sử dụng, sửa chữa, sửa đổi, sự cố, sự kiện, sự nghiệp, tai nạn, tham dự, tham gia, tham mưu, tham vấn,
thanh lý, thanh niên, thanh toán, thanh tra, theo dõi, thi hành, thi tuyển, thi đua, thiên tai, thiết bị, thiết kế,
thoát nước, thu hút, thu hồi, thu nhập, thu phí, thuốc lá, thuộc lĩnh, thuộc thẩm, thành lập, thành phần, thành phố,
thành tích, thành viên, tháng hành, thông báo, thông qua, thông tin, thông tri, thông tư, thú y, thăm dò, thương binh,
thương mại, thường niên, thường trực, thường xuyên, thượng tướng, thảm họa, thấp nhiệt, thầy thuốc, thẩm quyền, thẩm
tra, thẩm định, thế giới, thể chế, thể dục, thể thao, thị trường, thị trấn, thị xã, thống kê, thống nhất, thời gian,
thời hạn, thủ trưởng, thủ tướng, thủ tục, thủ đô, thủy lợi, thủy sản, thứ ba, thứ hai, thứ nhất, thử nghiệm, thực
hiện, thực hành, thực phẩm, thực tập, thực tế, tiêm chủng, tiêu chuẩn, tiêu chí, tiêu dùng, tiêu hủy, tiến hành, tiến
độ, tiếp công, tiếp cận, tiếp nhận, tiếp tục, tiết kiệm, tiền lương, tiền tệ, tranh chấp, triển khai, triển lãm, triệu
tập, trung học, trung tâm, trung ương, truy cập, trách nhiệm, trái phiếu, trái phép, trên địa, trình tự, trình độ,
trường học, trường đại, trưởng phòng, trạm y, trật tự, trẻ em, trợ cấp, trợ giúp, trợ lý, trực ban, trực thuộc, trực
tiếp, trực tuyến, tuyên truyền, tuyển dụng, tuyển sinh, tài chính, tài liệu, tài nguyên, tài sản, tái định, tình hình,
tình nguyện, tín dụng, tính toán, tôn giáo, tăng cường, tư pháp, tư tưởng, tư vấn, tương thích, tạm thời, tạm ứng, tạo
điều, tập huấn, tập thể, tập trung, tố cáo, tồn kho, tổ chức, tổ công, tổng hợp, tổng kết, tổng thể, tội phạm, tự
nguyện, vi phạm, viên chức, viễn thông, việc ban, việc bổ, việc góp, việc kiện, việc làm, việc phê, việc rà, việc
thành, việc triển, việc tổ, việc đăng, viện phí, viện trợ, và đào, văn bản, văn bằng, văn hóa, văn phòng, văn thư, vũ
khí, vận chuyển, vận hành, vận tải, vận động, vật liệu, vật tư, vắc xin, về việc, vệ sinh, vị trí, vốn vay, vốn đầu,
vụ việc, xe máy, xe mô, xuất cấp, xuất huyết, xuất khẩu, xác minh, xác nhận, xây dựng, xã hội, xét nghiệm, xét tuyển,
xét tặng, xăng dầu, xếp hạng, xếp loại, xử lý, xử phạt, y học, y tế, yêu cầu, áp thấp, ô nhiễm, ý kiến, đa khoa, điều
chỉnh, điều hành, điều kiện, điều lệ, điều tra, điều trị, điều động, điện lực, đoàn kết, đoàn thể, đoàn viên,
đào tạo, đánh giá, đôn đốc, đăng kiểm, đăng ký, đơn giá, đơn giản, đơn thư, đơn vị, đơn đặt, đường bộ, đường sắt,
đường thủy, đại biểu, đại diện, đại học, đại hội, đảng viên, đảng ủy, đất đai, đấu giá, đấu thầu, đầu năm, đầu tư, đẩy
mạnh, đẩy nhanh, đặc biệt, đề cương, đề nghị, đề tài, đề xuất, đề án, địa bàn, địa chính, địa chỉ, địa giới, địa
phương, định giá, định hướng, định mức, đối thoại, đối tượng, đối với, đồ dùng, đồng bộ, đồng thời, động vật, ưu tiên,
ưu đãi, ổn định, ủy ban, ủy quyền, ủy viên, ứng dụng, ứng phó
"""
_PAIRS = {
    tuple(text.fold(pair).split()): tuple(pair.split())
    for pair in re.split(r"[,\n]\s*", _WORDS)
    if " " in pair.strip()
}
_PARTS = re.compile(r"^(\W*)(.*?)(\W*)$", re.DOTALL)


def with_marks(value: str) -> str:
    """The text with the marks of known pairs set right, as many words as before."""
    parts = [_PARTS.match(word).groups() for word in value.split()]
    folded = [text.fold(word) for _, word, _ in parts]
    out, known = [_number_sign(parts, index) for index in range(len(parts))], set()
    for index in range(len(parts) - 1):
        pair = _PAIRS.get((folded[index], folded[index + 1]))
        if pair and not _parted(parts[index][2]):
            for place, word in ((index, pair[0]), (index + 1, pair[1])):
                if place not in known:
                    out[place] = _as_written(word, out[place])
                    known.add(place)
    return " ".join(f"{before}{word}{after}" for (before, _, after), word in zip(parts, out, strict=True))


def _number_sign(parts, index) -> str:
    """The word, «sô» before digits as «số»."""
    word = parts[index][1]
    if word in ("sô", "sổ", "sồ") and index + 1 < len(parts) and parts[index + 1][1][:1].isdigit():
        return "số"
    return word


def _parted(after: str) -> bool:
    """True when a stop stands between two words."""
    return any(sign in after for sign in '.;:!?()"“”')


def _as_written(word: str, model: str) -> str:
    if sorted(unicodedata.normalize("NFD", model.lower())) == sorted(unicodedata.normalize("NFD", word)):
        return model  # «hoá» beside «hóa»: both are right
    if model.isupper() and len(model) > 1:
        return word.upper()
    return word.capitalize() if model[:1].isupper() else word
