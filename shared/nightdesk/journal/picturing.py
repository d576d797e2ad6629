"""Screenshots: a place for an upload, what becomes of it, a link to show it by."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from nightdesk.core.errors import Conflict, Invalid, Missing, StaleWrite
from nightdesk.core.ids import UserId, digest
from nightdesk.journal.ports.writing import Darkroom, Entries, ScreenshotFiles, Screenshots
from nightdesk.journal.screenshot import (
    LIMIT,
    LINK_LIVES,
    MAX_BYTES,
    MAX_PIXELS,
    ImageType,
    Picture,
    Refusal,
    Screenshot,
    ShotStatus,
    Upload,
    type_of,
)


@dataclass(frozen=True, slots=True)
class AskToUpload:
    """Give a screenshot one of the entry's ten places and a form to send it by."""

    entries: Entries
    screenshots: Screenshots
    files: ScreenshotFiles

    def __call__(
        self,
        owner: UserId,
        entry_id: str,
        *,
        kind: str,
        size: int,
        sha256: str,
        caption: str,
        cause: str,
        now: datetime,
    ) -> tuple[Screenshot, Upload]:
        """Return the screenshot that waits and its form; the same cause gives the same one.

        Raises Missing, Invalid `IMAGE_TYPE`, `FILE_TOO_LARGE`, Conflict `SCREENSHOT_LIMIT`.
        """
        if kind not in set(ImageType):
            allowed = [one.value for one in ImageType]
            raise Invalid(
                Refusal.IMAGE_TYPE,
                "A screenshot is PNG, JPEG or WebP.",
                field="type",
                allowed=allowed,
            )
        if size > MAX_BYTES:
            raise Invalid("FILE_TOO_LARGE", "A screenshot has at most 5 MiB.", field="bytes")
        self.entries.get(owner, entry_id)
        ident = f"shot_{digest('screenshot', owner, entry_id, cause).hex()[:24]}"
        there = {one.slot: one for one in self.screenshots.of(owner, entry_id)}
        for one in there.values():
            if one.id == ident:
                return one, self.files.upload(one, size)
        for slot in range(LIMIT):
            if slot in there and there[slot].taken(now):
                continue
            shot = Screenshot(
                owner=owner,
                entry_id=entry_id,
                slot=slot,
                id=ident,
                type=ImageType(kind),
                sha256=sha256,
                caption=caption,
                asked_at=now,
            )
            if self.screenshots.place(shot, now):
                return shot, self.files.upload(shot, size)
        raise Conflict("SCREENSHOT_LIMIT", f"An entry has at most {LIMIT} screenshots.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownShot:
    """A screenshot with an address under which it is shown for ten minutes, once it is ready."""

    shot: Screenshot
    url: str | None


@dataclass(frozen=True, slots=True)
class ShowScreenshots:
    """Show the screenshots of an entry."""

    screenshots: Screenshots
    files: ScreenshotFiles

    def __call__(self, owner: UserId, entry_id: str) -> Sequence[ShownShot]:
        """Return them by slot, with fresh links."""
        seconds = int(LINK_LIVES.total_seconds())
        return [
            ShownShot(
                shot=one,
                url=self.files.link(one, seconds) if one.status is ShotStatus.READY else None,
            )
            for one in self.screenshots.of(owner, entry_id)
        ]


@dataclass(frozen=True, slots=True)
class RemoveScreenshot:
    """Remove a screenshot, its file first: a record without a file would lead nowhere."""

    entries: Entries
    screenshots: Screenshots
    files: ScreenshotFiles

    def __call__(self, owner: UserId, entry_id: str, shot_id: str) -> None:
        """Remove it. Raises Missing."""
        self.entries.get(owner, entry_id)
        for one in self.screenshots.of(owner, entry_id):
            if one.id == shot_id:
                self._drop(one)
                return
        raise Missing("no such screenshot")

    def all(self, owner: UserId, entry_id: str) -> None:
        """Remove all of an entry."""
        for one in self.screenshots.of(owner, entry_id):
            self._drop(one)

    def _drop(self, shot: Screenshot) -> None:
        self.files.drop(shot)
        self.screenshots.remove(shot)


@dataclass(frozen=True, slots=True)
class RemoveEntry:
    """Remove an entry and its screenshots; what it said is kept for 30 days."""

    entries: Entries
    pictures: RemoveScreenshot

    def __call__(self, owner: UserId, entry_id: str, *, now: datetime) -> None:
        """Remove it. Raises Missing, StaleWrite."""
        entry = self.entries.get(owner, entry_id)
        self.pictures.all(owner, entry_id)
        self.entries.remove(entry, now)


@dataclass(frozen=True, slots=True)
class Develop:
    """Look at what was uploaded, and keep its pixels alone."""

    screenshots: Screenshots
    files: ScreenshotFiles
    darkroom: Darkroom

    def __call__(self, owner: UserId, entry_id: str, shot_id: str) -> Screenshot | None:
        """Return what became of it; None where there is no such screenshot any more.

        A repeat after any line does the rest: the file is written before the record says so, and
        what was uploaded is removed after it.
        """
        shot = self._found(owner, entry_id, shot_id)
        if shot is None or shot.status is not ShotStatus.WAITING:
            return shot
        content = self.files.uploaded(shot, MAX_BYTES)
        if content is None:
            return shot
        try:
            picture = self._developed(shot, content)
        except Invalid as refusal:
            settled = replace(shot, status=ShotStatus.REFUSED, reason=Refusal(refusal.code))
        else:
            self.files.keep(shot, picture)
            settled = replace(
                shot,
                status=ShotStatus.READY,
                width=picture.width,
                height=picture.height,
                size=len(picture.content),
            )
        return self._settled(settled)

    def _developed(self, shot: Screenshot, content: bytes) -> Picture:
        if len(content) > MAX_BYTES:
            raise Invalid(Refusal.FILE_TOO_LARGE, "more than 5 MiB")
        if hashlib.sha256(content).hexdigest() != shot.sha256:
            raise Invalid(Refusal.CHECKSUM_WRONG, "it is not the file that was announced")
        if type_of(content) is not shot.type:
            raise Invalid(Refusal.IMAGE_TYPE, "its first bytes are of another kind of file")
        return self.darkroom(content, shot.type, longest=MAX_PIXELS)

    def _settled(self, shot: Screenshot) -> Screenshot | None:
        try:
            self.screenshots.settle(shot)
        except StaleWrite:
            found = self._found(shot.owner, shot.entry_id, shot.id)
            if found is None:  # removed meanwhile: nothing may stay of it
                self.files.drop(shot)
            return found
        self.files.forget_upload(shot)
        return shot

    def _found(self, owner: UserId, entry_id: str, shot_id: str) -> Screenshot | None:
        for one in self.screenshots.of(owner, entry_id):
            if one.id == shot_id:
                return one
        return None
