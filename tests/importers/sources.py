"""What the tests of readers share: a file from text, and its one object."""

from lab.importers.folder_reader import parsed
from lab.importers.types import ExportedObject, Exports


def parse(text: str, file: str = "export.txt", encoding: str = "utf-8") -> Exports:
    return parsed(file, text.encode(encoding))


def only(found: Exports) -> ExportedObject:
    assert [str(notice.text) for notice in found.notices if notice.serious] == []
    [one] = found.objects
    return one


def told(found: Exports) -> str:
    return "\n".join(f"{notice.place}: {notice.text}" for notice in found.notices)
