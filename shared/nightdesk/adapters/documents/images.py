"""Images made anew by Pillow: pixels alone go into the new file, upright and not too large."""

import io
import warnings
from collections.abc import Mapping

from PIL import Image, ImageOps, UnidentifiedImageError

from nightdesk.core.errors import Invalid
from nightdesk.journal.screenshot import ImageType, Picture, Refusal

FORMATS = {ImageType.PNG: "PNG", ImageType.JPEG: "JPEG", ImageType.WEBP: "WEBP"}
MOST_PIXELS = 50_000_000
"""Of what is decoded: 200 MB as RGBA. A file that claims more is refused before it is."""
SAVED: Mapping[ImageType, Mapping[str, object]] = {
    ImageType.PNG: {"optimize": False},
    ImageType.JPEG: {"quality": 90, "progressive": False},
    ImageType.WEBP: {"quality": 90, "method": 4},
}
TRANSPARENT = frozenset({ImageType.PNG, ImageType.WEBP})
WIDE = "I;16"
"""Greys of two bytes, of which Pillow would make every one above 255 white."""


class PillowDarkroom:
    """The port Darkroom."""

    def __call__(self, content: bytes, kind: ImageType, *, longest: int) -> Picture:
        """Return the pixels in a new file of the same type: no EXIF, no profile, no comment.

        Only the decoder of the type is asked, and of an animation only the first picture. Raises
        Invalid `IMAGE_BROKEN`, `IMAGE_TOO_LARGE`.
        """
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what is wrong with a file is decided here
                image = _decoded(content, kind)
                image.thumbnail((longest, longest), Image.Resampling.LANCZOS)
        except Image.DecompressionBombError as error:
            raise Invalid(Refusal.IMAGE_TOO_LARGE, "too many pixels") from error
        except Invalid:
            raise
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
            raise Invalid(Refusal.IMAGE_BROKEN, "this cannot be decoded") from error
        except (ArithmeticError, LookupError, TypeError, OverflowError, MemoryError) as error:
            raise Invalid(Refusal.IMAGE_BROKEN, "this cannot be decoded") from error
        out = io.BytesIO()
        image.save(out, FORMATS[kind], **SAVED[kind])
        return Picture(content=out.getvalue(), type=kind, width=image.width, height=image.height)


def _decoded(content: bytes, kind: ImageType) -> Image.Image:
    with Image.open(io.BytesIO(content), formats=(FORMATS[kind],)) as opened:
        if opened.width * opened.height > MOST_PIXELS:
            raise Invalid(Refusal.IMAGE_TOO_LARGE, "too many pixels")
        opened.load()
        upright = ImageOps.exif_transpose(opened)
        if upright.mode == WIDE:
            upright = upright.point(lambda grey: grey * (1 / 256)).convert("L")
        mode = "RGBA" if kind in TRANSPARENT and upright.has_transparency_data else "RGB"
        pixels = upright.convert(mode)
    # a new image knows nothing of what the file said besides
    clean = Image.new(mode, pixels.size)
    clean.paste(pixels)
    return clean
