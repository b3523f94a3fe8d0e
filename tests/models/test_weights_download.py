"""Downloads from a local server that knows ranges, and cuts, lies and refuses on demand."""

import errno
import hashlib
import http.server
import json
import threading
from dataclasses import dataclass, field

import numpy as np
import pytest

from bleedkit.datasets.errors import BleedkitError
from bleedkit.models import weights_download
from bleedkit.models.weights_download import download

DATA = np.random.default_rng(0).bytes(3_000_000)
DIGEST = hashlib.sha256(DATA).hexdigest()


@dataclass
class Site:
    """What the server has and how it behaves; asked: the Range of every request, "" for none."""

    data: bytes = DATA
    etag: str | None = '"one"'
    ranges: bool = True
    cut_after: list[int] = field(default_factory=list)  # bytes of each body, in turn; whole ones after that
    status: list[int] = field(default_factory=list)  # refusals, in turn, before anything is sent
    asked: list[str] = field(default_factory=list)
    address: str = ""


@pytest.fixture
def site():
    shown = Site()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            wanted = self.headers.get("Range", "")
            shown.asked.append(wanted)
            if shown.status:
                self.send_error(shown.status.pop(0))
                return
            start = 0
            if wanted and shown.ranges and self.headers.get("If-Range") == shown.etag:
                start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if start and start >= len(shown.data):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(shown.data)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206 if start else 200)
            body = shown.data[start:]
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(shown.data) - 1}/{len(shown.data)}")
            self.send_header("Content-Length", str(len(body)))
            if shown.etag:
                self.send_header("ETag", shown.etag)
            self.end_headers()
            self.wfile.write(body[: shown.cut_after.pop(0)] if shown.cut_after else body)

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    shown.address = f"http://127.0.0.1:{server.server_port}/w.pt"
    yield shown
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "hub" / "w.pt"


def names(path):
    return sorted(file.name for file in path.parent.iterdir())


def test_a_file_comes_whole_and_leaves_nothing_beside_it(site, path):
    download(site.address, path, sha256=DIGEST)
    assert path.read_bytes() == DATA
    assert names(path) == ["w.pt"]
    assert site.asked == [""]


def test_a_file_that_is_there_is_not_asked_for(site, path):
    path.parent.mkdir()
    path.write_bytes(b"here")
    download(site.address, path)
    assert (path.read_bytes(), site.asked) == (b"here", [])


def test_a_cut_connection_is_taken_up_where_it_broke(site, path):
    site.cut_after = [1_000_000, 1_500_000]
    download(site.address, path, sha256=DIGEST, pause=0)
    assert path.read_bytes() == DATA
    assert site.asked == ["", "bytes=1000000-", "bytes=2500000-"]


def test_a_download_goes_on_in_the_next_process(site, path):
    site.cut_after = [1_000_000, *[0] * 5]
    with pytest.raises(BleedkitError, match=r"ended after 1000000 of 3000000 bytes; .*1\.0 MB are kept"):
        download(site.address, path, pause=0)
    assert names(path) == ["w.pt.part", "w.pt.part.json"]
    assert (path.parent / "w.pt.part").read_bytes() == DATA[:1_000_000]
    site.asked.clear()
    download(site.address, path, sha256=DIGEST, pause=0)
    assert path.read_bytes() == DATA
    assert site.asked == ["bytes=1000000-"]


def test_the_beginning_of_another_version_is_not_gone_on_with(site, path):
    site.cut_after = [1_000_000, *[0] * 5]
    with pytest.raises(BleedkitError):
        download(site.address, path, pause=0)
    site.data, site.etag = DATA[::-1], '"two"'
    download(site.address, path, pause=0)
    assert path.read_bytes() == DATA[::-1]


def test_the_beginning_of_another_address_is_not_gone_on_with(site, path):
    path.parent.mkdir()
    (path.parent / "w.pt.part").write_bytes(b"other" * 100)
    (path.parent / "w.pt.part.json").write_text(json.dumps({"address": "http://elsewhere/w.pt", "tag": '"one"'}))
    download(site.address, path, sha256=DIGEST)
    assert path.read_bytes() == DATA
    assert site.asked == [""]


@pytest.mark.parametrize("etag", [None, 'W/"weak"'])
def test_without_a_name_for_the_version_it_begins_again(site, path, etag):
    site.etag, site.cut_after = etag, [1_000_000]
    download(site.address, path, sha256=DIGEST, pause=0)
    assert path.read_bytes() == DATA
    assert site.asked == ["", ""]


def test_a_server_that_knows_no_ranges_sends_it_all_again(site, path):
    site.ranges, site.cut_after = False, [1_000_000]
    download(site.address, path, sha256=DIGEST, pause=0)
    assert path.read_bytes() == DATA


def test_a_server_that_always_cuts_at_the_same_byte_is_given_up(site, path):
    site.etag, site.cut_after = None, [1_000_000] * 100
    with pytest.raises(BleedkitError, match="ended after 1000000 of 3000000"):
        download(site.address, path, pause=0)
    assert len(site.asked) == 6  # the first brings something, five in a row no more


def test_a_download_stopped_just_before_its_end_is_not_repeated(site, path):
    path.parent.mkdir()
    (path.parent / "w.pt.part").write_bytes(DATA)
    (path.parent / "w.pt.part.json").write_text(json.dumps({"address": site.address, "tag": '"one"'}))
    download(site.address, path, sha256=DIGEST)
    assert path.read_bytes() == DATA
    assert site.asked == ["bytes=3000000-"]


def test_a_busy_server_is_asked_again_and_a_missing_file_is_not(site, path):
    site.status = [503, 503]
    download(site.address, path, sha256=DIGEST, pause=0)
    assert site.asked == [""] * 3
    path.unlink()
    site.status, site.asked = [404], []
    with pytest.raises(BleedkitError, match="404"):
        download(site.address, path, pause=0)
    assert site.asked == [""]
    assert names(path) == []


def test_what_is_not_the_published_file_is_not_kept(site, path):
    with pytest.raises(BleedkitError, match=f"SHA-256 must be {'0' * 64}, got {DIGEST}"):
        download(site.address, path, sha256="0" * 64)
    assert names(path) == []


def test_nobody_there_is_told_at_once(path):
    with pytest.raises(BleedkitError, match=r"refused; check the connection$"):
        download("http://127.0.0.1:9/w.pt", path, pause=1000)
    assert names(path) == []


def test_a_disk_without_room_is_told_before_anything_comes(site, path, monkeypatch):
    monkeypatch.setattr(weights_download.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 2_000_000}))
    with pytest.raises(BleedkitError, match=r"no room for .*3 MB more are needed and 2 MB are free; make room"):
        download(site.address, path)
    assert names(path) == []


def test_a_disk_that_fills_up_keeps_what_came_and_goes_on_once_there_is_room(site, path, monkeypatch):
    """Against a file that takes 1.5 MB and no more, as a full disk does."""
    room = 1_500_000
    with monkeypatch.context() as patch:
        patch.setattr(weights_download, "_CHUNK", 500_000)
        receive = weights_download._receive

        def full(stream, *rest):
            class Full:
                name = stream.name

                def write(self, data):
                    if stream.tell() + len(data) > room:
                        stream.flush()
                        raise OSError(errno.ENOSPC, "No space left on device")
                    return stream.write(data)

                def __getattr__(self, name):
                    return getattr(stream, name)

            receive(Full(), *rest)

        patch.setattr(weights_download, "_receive", full)
        with pytest.raises(BleedkitError, match=r"no room for .*No space left.*; make room; 1\.5 MB are kept"):
            download(site.address, path)
    assert (path.parent / "w.pt.part").read_bytes() == DATA[:1_500_000]
    download(site.address, path, sha256=DIGEST)
    assert path.read_bytes() == DATA
    assert site.asked == ["", "bytes=1500000-"]


def test_two_that_want_the_same_file_fetch_it_once(site, path):
    threads = [threading.Thread(target=download, args=(site.address, path)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() == DATA
    assert site.asked == [""]
    assert names(path) == ["w.pt"]
