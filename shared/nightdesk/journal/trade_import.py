"""Imports as their owner sees them: begun, uploaded, checked, committed, undone, read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from nightdesk.core.errors import Conflict, Invalid
from nightdesk.core.events import Event, event
from nightdesk.core.ids import UserId, digest, ulid
from nightdesk.core.pages import Page
from nightdesk.journal.imported import (
    HELD,
    MAX_ACCEPTED,
    Import,
    SavedMap,
    Status,
    Step,
    Summary,
    Upload,
)
from nightdesk.journal.importing.dialect import SAMPLE
from nightdesk.journal.importing.issue import Issue
from nightdesk.journal.importing.layout import Overrides, layout, mapped
from nightdesk.journal.importing.reading import MAX_BYTES
from nightdesk.journal.ports.imports import ImportFiles, ImportQueue, Imports
from nightdesk.journal.preset import Column, plain
from nightdesk.journal.presets import PRESETS, preset
from nightdesk.names import EventType

MAX_NAME = 120
MOST_ISSUES = 1_000
"""Issues of one page: as many as a part of the report has."""


@dataclass(frozen=True, slots=True)
class StartImport:
    """Begin an import: its owner gets a form to post the file with."""

    imports: Imports
    files: ImportFiles

    def __call__(
        self,
        owner: UserId,
        *,
        filename: str,
        size: int,
        account: str,
        chosen: str = "",
        mapping: Mapping[str, str] | None = None,
        zone: str = "",
        cause: str,
        now: datetime,
    ) -> tuple[Import, Upload]:
        """Return the import and its form. The same `cause` at the same moment is the same one.

        Raises Invalid `FILE_TOO_LARGE`, `UNREADABLE_FILE` (empty), `UNKNOWN_PRESET`,
        `MAPPING_INCOMPLETE`, `BAD_FORMAT` (no such zone).
        """
        if size > MAX_BYTES:
            raise Invalid("FILE_TOO_LARGE", "A file has at most 10 MiB.", field="bytes")
        if size <= 0:
            raise Invalid("UNREADABLE_FILE", "The file is empty.", field="bytes")
        if chosen:
            preset(chosen)
        begun = Import(
            import_id=ulid(now, owner, "import", cause),
            owner=owner,
            filename=filename[:MAX_NAME],
            size=size,
            account=account,
            created_at=now,
            updated_at=now,
            preset=chosen,
            mapping=_mapping(mapping),
            overrides=Overrides(zone=zone),
        )
        stored = self.imports.create(begun)
        return stored, self.files.upload(owner, stored.import_id, most=MAX_BYTES)


@dataclass(frozen=True, slots=True)
class RequestCheck:
    """Ask for a dry run. Whoever asks learns at once whether the file is a table at all."""

    imports: Imports
    files: ImportFiles
    queue: ImportQueue

    def __call__(
        self,
        owner: UserId,
        import_id: str,
        *,
        chosen: str | None = None,
        mapping: Mapping[str, str] | None = None,
        overrides: Overrides | None = None,
        save_as: str = "",
        now: datetime,
    ) -> Import:
        """Return the import as it is being checked.

        A preset that is chosen takes the place of a map, and a map that of a preset. `save_as`
        keeps the map for later files of this header, over one of its name. Raises Missing, Conflict
        `IMPORT_STATE` `NOT_UPLOADED`, Invalid `UNREADABLE_FILE`, `MAPPING_INCOMPLETE`,
        `UNKNOWN_PRESET`, `FILE_TOO_LARGE`.
        """
        found = self.imports.get(owner, import_id).may(Step.CHECK, now)
        size = self.files.size(owner, import_id)
        if size is None:
            raise Conflict(
                "NOT_UPLOADED", "The file is not there: upload it, or begin again after 90 days."
            )
        if size > MAX_BYTES:
            raise Invalid("FILE_TOO_LARGE", "A file has at most 10 MiB.", field="bytes")
        asked = _asked(found, chosen, mapping)
        asked = replace(asked, overrides=overrides or asked.overrides)
        head = _whole_lines(self.files.content(owner, import_id, most=SAMPLE))
        shown = layout(
            head, asked.overrides, chosen=asked.preset or None, columns=asked.columns or None
        )
        if save_as and asked.mapping:
            self.imports.keep(_saved(asked, shown.header, save_as, now))
        checking = replace(
            asked,
            status=Status.CHECKING,
            reason="",
            detail="",
            held_until=now + HELD,
            updated_at=now,
        )
        saved = self.imports.save(checking, events=[told(checking, now)], now=now)
        self.queue.send(owner, import_id, Step.CHECK, now)
        return saved


@dataclass(frozen=True, slots=True)
class RequestCommit:
    """Ask that what a check found be written."""

    imports: Imports
    queue: ImportQueue

    def __call__(
        self, owner: UserId, import_id: str, *, accept_possible: Sequence[int] = (), now: datetime
    ) -> Import:
        """Return the import as it is being committed; `accept_possible` are lines of the file.

        Raises Missing, Conflict `IMPORT_STATE`, Invalid `MAPPING_INCOMPLETE` for a file whose
        columns nobody named yet, `OUT_OF_RANGE` for more than 10,000 lines.
        """
        found = self.imports.get(owner, import_id).may(Step.COMMIT, now)
        if found.reason == "MAPPING_INCOMPLETE":
            raise Invalid(found.reason, found.detail, field="mapping")
        if len(accept_possible) > MAX_ACCEPTED:
            raise Invalid("OUT_OF_RANGE", "At most 10,000 lines.", field="accept_possible")
        again = found.status is Status.COMMITTING
        committing = replace(
            found,
            status=Status.COMMITTING,
            accepted=found.accepted if again else tuple(sorted(set(accept_possible))),
            cursor=found.cursor if again else 0,
            counts={"added": 0, "joined": 0, **found.counts},
            began=True,
            held_until=now + HELD,
            updated_at=now,
        )
        saved = self.imports.save(committing, events=[told(committing, now)], now=now)
        self.queue.send(owner, import_id, Step.COMMIT, now)
        return saved


@dataclass(frozen=True, slots=True)
class RequestUndo:
    """Ask that what an import alone brought be taken back."""

    imports: Imports
    queue: ImportQueue

    def __call__(self, owner: UserId, import_id: str, *, now: datetime) -> Import:
        """Return the import: undone at once if it has written nothing, else as it is undone.

        Raises Missing, Conflict `IMPORT_STATE`.
        """
        found = self.imports.get(owner, import_id).may(Step.UNDO, now)
        if not found.began:
            undone = replace(found, status=Status.UNDONE, held_until=None, updated_at=now)
            return self.imports.save(undone, events=[told(undone, now)], now=now)
        undoing = replace(
            found,
            undoing=True,
            cursor=found.cursor if found.undoing else 0,
            held_until=now + HELD,
            updated_at=now,
        )
        saved = self.imports.save(undoing, now=now)
        self.queue.send(owner, import_id, Step.UNDO, now)
        return saved


@dataclass(frozen=True, slots=True)
class ReadImport:
    """Show an import with its preview, and its issues."""

    imports: Imports
    files: ImportFiles

    def __call__(self, owner: UserId, import_id: str) -> tuple[Import, Summary]:
        """Return it; the summary is empty before the check. Raises Missing."""
        found = self.imports.get(owner, import_id)
        if not found.counts:
            return found, Summary()
        return found, self.files.summary(owner, import_id)

    def issues(
        self, owner: UserId, import_id: str, *, after: str | None, limit: int = MOST_ISSUES
    ) -> Page[Issue]:
        """Return a page of issues, by line; `after` is the page's own key. Raises Missing."""
        found = self.imports.get(owner, import_id)
        part, _, start = (after or "0.0").partition(".")
        place, first = (int(one) if one.isdigit() else 0 for one in (part, start))
        if place >= found.issue_parts:
            return Page([])
        issues = self.files.issues(owner, import_id, place)
        shown = issues[first : first + limit]
        if len(issues) > first + limit:
            return Page(shown, f"{place}.{first + limit}")
        return Page(shown, f"{place + 1}.0" if place + 1 < found.issue_parts else None)


@dataclass(frozen=True, slots=True)
class ListImports:
    """List an owner's imports."""

    imports: Imports

    def __call__(self, owner: UserId, *, limit: int, after: str | None) -> Page[Import]:
        """Return a page, newest first."""
        return self.imports.page(owner, limit=limit, after=after)


def told(one: Import, now: datetime) -> Event:
    """Return what the rest of the desk hears of an import."""
    data = {"import_id": one.import_id, "status": one.status.value, "counts": dict(one.counts)}
    cause = f"{one.import_id}:{one.status.value}:{one.version}"
    return event(one.owner, EventType.IMPORT_UPDATED, now, data, cause=cause)


def preset_list() -> list[dict[str, object]]:
    """Return what is told of the presets: id, title, venue, columns with alternatives, note."""
    return [
        {
            "id": one.id,
            "title": one.title,
            "venue": one.venue,
            "required": [name for name in one.header.split(",") if not name.endswith("?")],
            "optional": [name[:-1] for name in one.header.split(",") if name.endswith("?")],
            "note": one.note,
        }
        for one in PRESETS.values()
    ]


def _whole_lines(head: bytes) -> bytes:
    """Return the front of a file without a last line, or a character, that was cut in two."""
    return head[: head.rfind(b"\n") + 1] or head


def _asked(one: Import, chosen: str | None, mapping: Mapping[str, str] | None) -> Import:
    """Return an import as it is to be read now; None stays as it is. Raises Invalid."""
    if mapping:
        return replace(one, preset="", mapping=_mapping(mapping))
    if chosen:
        return replace(one, preset=chosen, mapping={})
    return replace(
        one,
        preset=one.preset if chosen is None else chosen,
        mapping=one.mapping if mapping is None else {},
    )


def _mapping(mapping: Mapping[str, str] | None) -> Mapping[str, str]:
    """Return a map with columns that exist. Raises Invalid."""
    if not mapping:
        return {}
    unknown = sorted(set(mapping) - {column.value for column in Column})
    if unknown:
        allowed = sorted(column.value for column in Column)
        raise Invalid(
            "MAPPING_INCOMPLETE", f"no such column: {unknown[0]}", field="mapping", allowed=allowed
        )
    mapped({Column(column): name for column, name in mapping.items()})
    return dict(mapping)


def _saved(one: Import, header: Sequence[str], name: str, now: datetime) -> SavedMap:
    """Return the map of this import; another one of its header and name has the same id."""
    plainly = tuple(sorted({plain(cell) for cell in header if plain(cell)}))
    name = name[:MAX_NAME]
    return SavedMap(
        map_id=digest("map", name, *plainly).hex()[:26],
        owner=one.owner,
        name=name,
        header=plainly,
        mapping=one.mapping,
        overrides=one.overrides,
        created_at=now,
    )
