import hashlib
import io
import struct
import zlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from nightdesk.adapters.documents.images import PillowDarkroom
from nightdesk.core.errors import Conflict, Invalid
from nightdesk.journal.picturing import AskToUpload, Develop, RemoveScreenshot
from nightdesk.journal.screenshot import (
    LIMIT,
    MAX_BYTES,
    MAX_PIXELS,
    ImageType,
    Picture,
    Refusal,
    Screenshot,
    ShotStatus,
    type_of,
)
from tests.builders.writing import NOON, OTHER, OWNER, an_entry
from tests.fakes.journal import FakeEntries, FakeScreenshotFiles, FakeScreenshots, plain_darkroom

SECRET = "somebody's place and camera"
PNG = b"\x89PNG\r\n\x1a\n"


def image_file(kind: str = "PNG", size: tuple[int, int] = (30, 20), **more: Any) -> bytes:
    out = io.BytesIO()
    mode = more.pop("mode", "RGB")
    Image.new(mode, size, (200, 10, 20, 128) if mode == "RGBA" else None).save(out, kind, **more)
    return out.getvalue()


class Room:
    """Screenshots of one entry, over fakes."""

    def __init__(self) -> None:
        self.entries, self.shots, self.files = (
            FakeEntries(),
            FakeScreenshots(),
            FakeScreenshotFiles(),
        )
        self.entries.save(an_entry(), None, NOON)
        self.ask = AskToUpload(self.entries, self.shots, self.files)
        self.develop = Develop(self.shots, self.files, plain_darkroom)
        self.remove = RemoveScreenshot(self.entries, self.shots, self.files)

    def asked(self, content: bytes = PNG + b"ok", cause: str = "c1") -> Screenshot:
        shot, _ = self.ask(
            OWNER,
            "01ENTRY",
            kind=ImageType.PNG,
            size=min(len(content), MAX_BYTES),
            sha256=hashlib.sha256(content).hexdigest(),
            caption="",
            cause=cause,
            now=NOON,
        )
        self.files.uploads[shot.id] = content
        return shot

    def developed(self, shot: Screenshot) -> Screenshot | None:
        return self.develop(OWNER, shot.entry_id, shot.id)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (image_file("PNG"), ImageType.PNG),
        (image_file("JPEG"), ImageType.JPEG),
        (image_file("WEBP"), ImageType.WEBP),
        (image_file("GIF"), None),
        (image_file("BMP"), None),
        (image_file("TIFF"), None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        (b"%PDF-1.7", None),
        (b"PK\x03\x04", None),
        (b"RIFF\x00\x00\x00\x00WAVE", None),
        (b"", None),
    ],
)
def test_the_first_bytes_say_what_a_file_is(content: bytes, kind: ImageType | None) -> None:
    assert type_of(content) is kind


def test_an_upload_becomes_ready_once() -> None:
    room = Room()
    shot = room.asked()
    ready = room.developed(shot)
    assert ready is not None
    assert (ready.status, ready.width, ready.size) == (ShotStatus.READY, 2, len(PNG) + 2)
    assert shot.id in room.files.pictures
    assert room.files.uploads == {}
    assert room.developed(shot) == ready
    assert room.shots.of(OWNER, "01ENTRY") == [ready]


@pytest.mark.parametrize(
    ("announced", "came", "reason"),
    [
        (PNG + b"ok", PNG + b"other ok", Refusal.CHECKSUM_WRONG),
        (b"GIF89a ok", b"GIF89a ok", Refusal.IMAGE_TYPE),
        (b"\xff\xd8\xff ok", b"\xff\xd8\xff ok", Refusal.IMAGE_TYPE),
        (PNG + b"broken", PNG + b"broken", Refusal.IMAGE_BROKEN),
        (PNG + b"x" * MAX_BYTES, PNG + b"x" * MAX_BYTES, Refusal.FILE_TOO_LARGE),
    ],
)
def test_what_is_no_such_image_is_refused_and_not_kept(
    announced: bytes, came: bytes, reason: Refusal
) -> None:
    room = Room()
    shot = room.asked(announced)
    room.files.uploads[shot.id] = came
    refused = room.developed(shot)
    assert refused is not None
    assert (refused.status, refused.reason) == (ShotStatus.REFUSED, reason)
    assert (room.files.uploads, room.files.pictures) == ({}, {})


def test_a_cut_after_any_line_is_made_good_by_the_repeat() -> None:
    room = Room()
    shot = room.asked()
    keep, settle = room.files.keep, room.shots.settle

    def cut(*_: object) -> None:
        raise RuntimeError("cut off")

    for where, name in (
        (room.files, "keep"),
        (room.shots, "settle"),
        (room.files, "forget_upload"),
    ):
        setattr(where, name, cut)
        with pytest.raises(RuntimeError):
            room.developed(shot)
        room.files.keep, room.shots.settle = keep, settle  # type: ignore[method-assign]
    ready = room.developed(shot)
    assert ready is not None
    assert ready.status is ShotStatus.READY
    assert list(room.files.pictures) == [shot.id]


def test_of_what_was_removed_meanwhile_nothing_stays() -> None:
    room = Room()
    shot = room.asked()
    keep = room.files.keep

    def keep_and_lose(shot: Screenshot, picture: Picture) -> None:
        keep(shot, picture)
        room.shots.remove(shot)

    room.files.keep = keep_and_lose  # type: ignore[method-assign]
    assert room.developed(shot) is None
    assert (room.files.uploads, room.files.pictures) == ({}, {})


def test_what_nobody_asked_for_is_unknown() -> None:
    room = Room()
    assert room.develop(OTHER, "01ENTRY", "shot_x") is None
    shot = room.asked()
    assert room.develop(OTHER, shot.entry_id, shot.id) is None
    del room.files.uploads[shot.id]
    assert room.developed(shot) == shot


def test_the_same_command_takes_one_place_and_ten_are_all() -> None:
    room = Room()
    first = room.asked()
    assert room.asked() == first
    for n in range(LIMIT - 1):
        room.asked(cause=f"more {n}")
    with pytest.raises(Conflict) as refused:
        room.asked(cause="one more")
    assert refused.value.code == "SCREENSHOT_LIMIT"
    room.remove(OWNER, "01ENTRY", first.id)
    room.asked(cause="one more")


def test_a_screenshot_that_cannot_be_is_not_built() -> None:
    shot = Room().asked()
    for wrong in (
        {"slot": 10},
        {"sha256": "ABC"},
        {"caption": " x"},
        {"reason": Refusal.IMAGE_TYPE},
        {"status": ShotStatus.REFUSED},
    ):
        with pytest.raises(ValueError, match=r"."):
            replace(shot, **wrong)
    assert not shot.taken(NOON + timedelta(hours=1))


# the darkroom


def developed(content: bytes, kind: ImageType, longest: int = MAX_PIXELS) -> Image.Image:
    picture = PillowDarkroom()(content, kind, longest=longest)
    image = Image.open(io.BytesIO(picture.content))
    assert (image.width, image.height) == (picture.width, picture.height)
    assert type_of(picture.content) is kind
    return image


@pytest.mark.parametrize("kind", list(ImageType))
def test_nothing_but_pixels_is_kept(kind: ImageType) -> None:
    exif = Image.Exif()
    exif[0x010E], exif[0x8825] = SECRET, {1: "N", 2: (48.0, 12.0, 0.0)}
    more: dict[str, Any] = {"exif": exif, "icc_profile": SECRET.encode()}
    if kind is ImageType.PNG:
        text = PngImagePlugin.PngInfo()
        text.add_text("Comment", SECRET)
        more["pnginfo"] = text
    if kind is ImageType.JPEG:
        more["comment"] = SECRET.encode()
    if kind is ImageType.WEBP:
        more["xmp"] = SECRET.encode()
    content = image_file(kind.name, **more) + SECRET.encode()
    image = developed(content, kind)
    assert not image.getexif()
    assert not {"exif", "icc_profile", "comment", "Comment", "xmp", "XML:com.adobe.xmp"} & set(
        image.info
    )
    assert SECRET.encode() not in PillowDarkroom()(content, kind, longest=MAX_PIXELS).content


def test_an_image_stands_upright_and_is_not_larger_than_allowed() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    assert developed(image_file("JPEG", (30, 20), exif=exif), ImageType.JPEG).size == (20, 30)
    assert developed(image_file("PNG", (5_000, 50)), ImageType.PNG).size == (4_096, 41)
    assert developed(image_file("PNG", (60, 30)), ImageType.PNG, longest=20).size == (20, 10)


def test_transparency_stays_where_there_is_one() -> None:
    for kind in (ImageType.PNG, ImageType.WEBP):
        assert developed(image_file(kind.name, mode="RGBA"), kind).mode == "RGBA"
        assert developed(image_file(kind.name), kind).mode == "RGB"
    for mode in ("1", "L", "P", "I;16", "LA"):
        assert developed(image_file("PNG", mode=mode), ImageType.PNG).mode in {"RGB", "RGBA"}
    assert developed(image_file("JPEG", mode="CMYK"), ImageType.JPEG).mode == "RGB"


def test_greys_of_two_bytes_are_told_by_their_upper_one() -> None:
    out = io.BytesIO()
    greys = Image.new("I;16", (4, 1))
    for x, grey in enumerate((0, 0x40FF, 0x8000, 0xFFFF)):
        greys.putpixel((x, 0), grey)
    greys.save(out, "PNG")
    image = developed(out.getvalue(), ImageType.PNG)
    assert [image.getpixel((x, 0)) for x in range(4)] == [
        (grey, grey, grey) for grey in (0, 0x40, 0x80, 0xFF)
    ]


def test_of_an_animation_the_first_picture_is_kept() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    for kind in (ImageType.PNG, ImageType.WEBP):
        out = io.BytesIO()
        frames[0].save(out, kind.name, save_all=True, append_images=frames[1:])
        image = developed(out.getvalue(), kind)
        assert getattr(image, "n_frames", 1) == 1


def chunk(name: bytes, data: bytes) -> bytes:
    body = name + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def png_of(width: int, height: int, data: bytes = b"") -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return PNG + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bombs = [
        png_of(60_000, 60_000, zlib.compress(b"\x00" * 1_000_000, 9)),
        png_of(2**31 - 1, 2**31 - 1),
        png_of(10_000, 5_001),
    ]
    for bomb in bombs:
        with pytest.raises(Invalid) as refused:
            developed(bomb, ImageType.PNG)
        assert refused.value.code == Refusal.IMAGE_TOO_LARGE


def test_text_that_unpacks_to_too_much_is_refused() -> None:
    text = chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(b"x" * 20_000_000, 9))
    content = image_file("PNG")
    with pytest.raises(Invalid):
        developed(content[:33] + text + content[33:], ImageType.PNG)


@pytest.mark.parametrize("kind", list(ImageType))
def test_broken_files_are_refused_whatever_is_broken(kind: ImageType) -> None:
    whole = image_file(kind.name, (64, 64))
    broken = [whole[:n] for n in (0, 4, 12, 40, len(whole) // 2)]
    broken += [b"", b"\x00" * 500, b"GIF89a" + whole, png_of(0, 5), png_of(5, 5, b"junk")]
    broken += [image_file(other) for other in ("GIF", "BMP", "TIFF", "PPM", "ICO", "TGA")]
    broken += [image_file(other.name) for other in ImageType if other is not kind]
    for content in broken:
        with pytest.raises(Invalid) as refused:
            developed(content, kind)
        assert refused.value.code in {Refusal.IMAGE_BROKEN, Refusal.IMAGE_TOO_LARGE}


@pytest.mark.parametrize("kind", list(ImageType))
def test_a_file_with_any_byte_changed_is_an_image_or_refused(kind: ImageType) -> None:
    whole, codes = image_file(kind.name, (16, 16)), set()
    for at in range(0, len(whole), max(1, len(whole) // 60)):
        for value in (0, 0x7F, 0xFF):
            changed = whole[:at] + bytes([value]) + whole[at + 1 :]
            try:
                developed(changed, kind)
            except Invalid as refused:
                codes.add(refused.code)
    assert codes <= set(Refusal)
