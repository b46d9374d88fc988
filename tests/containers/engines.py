"""An engine for tests: answers what it was told to, on a unix socket, and remembers what it was asked."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

OLD_ENOUGH = {"ApiVersion": "1.41", "Version": "20.10.24"}
"""An engine that the lab can use."""


@contextmanager
def engine(folder: Path, answers: Mapping[str, tuple[int, Any]]) -> Iterator[str]:
    """Its DOCKER_HOST. `answers` by the end of the path: status and JSON; all else is not found."""
    told = {"/version": (200, OLD_ENOUGH), **answers}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.do_GET()

        def do_DELETE(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            code, data = next(
                (each for end, each in told.items() if path.endswith(end)),
                (404, {"message": "no such thing"}),
            )
            body = json.dumps(data).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def address_string(self) -> str:
            return "client"

        def log_message(self, *_: object) -> None:
            pass

    path = folder / "engine.sock"
    with socketserver.ThreadingUnixStreamServer(str(path), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"unix://{path}"
        finally:
            server.shutdown()
            thread.join()
