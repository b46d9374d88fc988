"""A folder of exports: what is read, what is left, and what is refused."""

import os
from pathlib import Path

import pytest

from lab.importers import folder_reader
from lab.importers.folder_reader import parsed, read
from tests.importers.sources import told

CONNECTOR = (
    '{"Name": "In", "SenderDomains": ["smtp:*;1"], "SenderIPAddresses": [], "ConnectorType": "OnPremises"}'
)


def put(folder: Path, file: str, content: str | bytes = CONNECTOR) -> None:
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def test_subfolders_are_read_in_the_order_of_their_names(tmp_path):
    for file in ("online/b.json", "online/a.json", "contoso/onprem/c.json"):
        put(tmp_path, file)
    found = read(tmp_path)
    assert [str(one.place) for one in found.objects] == [
        "contoso/onprem/c.json:1",
        "online/a.json:1",
        "online/b.json:1",
    ]
    assert [one.place.folder for one in found.objects] == ["contoso/onprem", "online", "online"]


def test_answers_are_left_to_whoever_assembles(tmp_path):
    put(tmp_path, "answers.yaml", "this: [is not, read")
    assert read(tmp_path).answers == "answers.yaml"
    assert read(tmp_path).notices == ()


@pytest.mark.parametrize("name", ["mail.pfx", "mail.P12", "onprem/mail.key"])
def test_a_key_file_is_not_even_opened(tmp_path, name):
    put(tmp_path, name, "")
    (tmp_path / name).chmod(0)
    [notice] = read(tmp_path).notices
    assert notice.serious
    assert "private key" in str(notice.text)


def test_a_private_key_inside_is_refused_with_all_that_stands_beside_it(tmp_path):
    put(
        tmp_path,
        "mail.pem",
        f"{CONNECTOR}\n-----BEGIN RSA PRIVATE KEY-----\nMII=\n-----END RSA PRIVATE KEY-----\n",
    )
    found = read(tmp_path)
    assert (found.objects, found.certificates) == ((), ())
    assert "not read, not copied" in told(found)


def test_a_private_key_in_utf_16_is_refused_too():
    found = parsed("key.txt", "-----BEGIN ENCRYPTED PRIVATE KEY-----".encode("utf-16"))
    assert "private key" in told(found)


def test_what_nobody_knows_is_told_and_left(tmp_path):
    put(tmp_path, "README", "Exports of Tuesday.")
    put(tmp_path, "logo.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    put(tmp_path, "empty.json", "\n")
    put(tmp_path, "page.html", "<html><body/></html>")
    found = read(tmp_path)
    assert found.objects == ()
    assert {str(notice.place) for notice in found.notices} == {
        "README",
        "logo.png",
        "empty.json",
        "page.html:1",
    }


def test_hidden_files_are_nobodys_export(tmp_path):
    put(tmp_path, ".git/config.json")
    put(tmp_path, "Thumbs.db", b"\0")
    assert (read(tmp_path).objects, read(tmp_path).notices) == ((), ())


def test_a_missing_folder_is_the_callers_mistake(tmp_path):
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "nothing")


def test_links_out_of_the_folder_are_refused(tmp_path):
    put(tmp_path, "outside/secret.json")
    put(tmp_path, "set/real.json")
    os.symlink("../outside/secret.json", tmp_path / "set" / "out.json")
    os.symlink("../outside", tmp_path / "set" / "folder")
    os.symlink("nowhere.json", tmp_path / "set" / "broken.json")
    os.symlink("loop.json", tmp_path / "set" / "loop.json")
    os.symlink("real.json", tmp_path / "set" / "same.json")
    found = read(tmp_path / "set")
    assert [one.place.file for one in found.objects] == ["real.json", "same.json"]
    assert [notice.place.file for notice in found.notices] == [
        "broken.json",
        "folder",
        "loop.json",
        "out.json",
    ]
    assert all(notice.serious for notice in found.notices)


def test_pipes_are_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.json")
    assert "no regular file" in told(read(tmp_path))


def test_a_pipe_in_the_place_of_a_checked_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.json")
    found = folder_reader.content(folder_reader.FolderFile("pipe.json", tmp_path / "pipe.json"))
    assert "no regular file" in str(found)


def test_a_large_file_is_left_unread(tmp_path, monkeypatch):
    monkeypatch.setattr(folder_reader, "LARGEST", 10)
    put(tmp_path, "large.json")
    assert "larger than" in told(read(tmp_path))


def test_many_files_are_cut_short(tmp_path, monkeypatch):
    monkeypatch.setattr(folder_reader, "MOST_FILES", 2)
    for number in range(4):
        put(tmp_path, f"{number}.json")
    found = read(tmp_path)
    assert len(found.objects) == 2
    assert "more than 2 files" in told(found)


def test_all_files_together_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr("lab.importers.folder_reader.LARGEST_TOGETHER", len(CONNECTOR))
    put(tmp_path, "1.json")
    put(tmp_path, "2.json")
    found = read(tmp_path)
    assert [one.place.file for one in found.objects] == ["1.json"]
    assert "from here on nothing is read" in told(found)


def test_deep_folders_are_left_unread(tmp_path, monkeypatch):
    monkeypatch.setattr(folder_reader, "DEEPEST", 1)
    put(tmp_path, "1/fine.json")
    put(tmp_path, "1/2/deep.json")
    found = read(tmp_path)
    assert [one.place.file for one in found.objects] == ["1/fine.json"]
    assert "1/2: more than 1 folders deep" in told(found)
