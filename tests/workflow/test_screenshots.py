"""Screenshots as deployed: posted to the bucket, made anew by their function, served by a link."""

import hashlib
import io
from typing import Any

import httpx
from PIL import Image

from tests.deployed import Desk
from tests.e2e.document import ENTRY

ENTRIES = "/api/journal/entries"
SECRET = "taken at home"
DESCRIPTION = 0x010E
"""The tag of Exif in which cameras write what a picture shows."""


def a_photo() -> bytes:
    exif = Image.Exif()
    exif[DESCRIPTION] = SECRET
    out = io.BytesIO()
    Image.new("RGB", (120, 80), "navy").save(out, "JPEG", exif=exif)
    return out.getvalue()


def test_a_picture_is_made_anew_and_what_is_none_is_refused(desk: Desk) -> None:
    trader, other = desk.trader("ada"), desk.trader("ben")
    path = f"{ENTRIES}/{trader.post(ENTRIES, ENTRY)['id']}"
    photo = a_photo()
    assert SECRET.encode() in photo
    for content in (photo, b"MZ not a picture at all"):
        told = {
            "type": "image/jpeg",
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            "caption": "At entry",
        }
        form = trader.post(f"{path}/screenshots", told)["upload"]
        files = {"file": ("shot.jpg", content)}
        posted = httpx.post(form["url"], data=form["fields"], files=files)
        assert posted.status_code == 204, posted.text

    def shots() -> list[dict[str, Any]]:
        found = trader.get(path)["screenshots"]
        return sorted(found, key=lambda one: str(one["status"]))

    def looked_at() -> bool:
        return [one["status"] for one in shots()] == ["ready", "refused"]

    desk.until("both are looked at", looked_at)
    ready, refused = shots()
    assert (refused["reason"], refused["url"]) == ("IMAGE_TYPE", None)
    assert (ready["width"], ready["height"], ready["caption"]) == (120, 80, "At entry")
    served = httpx.get(ready["url"])
    assert served.headers["content-type"] == "image/jpeg"
    with Image.open(io.BytesIO(served.content)) as image:
        assert (image.format, image.size, dict(image.getexif())) == ("JPEG", (120, 80), {})
    assert SECRET.encode() not in served.content
    assert other.http.get(path).status_code == 404

    gone = trader.http.delete(f"{path}/screenshots/{ready['id']}")
    assert gone.status_code == 204, gone.text
    assert httpx.get(ready["url"]).status_code == 404
