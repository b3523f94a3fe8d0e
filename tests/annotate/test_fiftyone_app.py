"""Whose server answers: two that start at the same moment want the same port, and only one gets it."""

import socket
import subprocess
import sys

import psutil

from bleedkit.annotate import fiftyone_app
from bleedkit.annotate.fiftyone_app import app_server
from bleedkit.annotate.mongo_keeper import free_port, serves_within

LISTEN = """
import socket, sys, time
with socket.create_server(("127.0.0.1", int(sys.argv[1]))):
    time.sleep(60)
"""


def test_a_server_that_was_started_at_the_same_moment_is_not_taken_for_ours(mongod, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        monkeypatch.setattr(fiftyone_app, "DEFAULT_PORT", taken)
        answers, looked = fiftyone_app.answers, []

        def answers_later(port):
            """As if the other one had begun to listen right after we looked."""
            looked.append(port)
            return len(looked) > 1 and answers(port)

        monkeypatch.setattr(fiftyone_app, "answers", answers_later)
        with app_server() as (port, server):
            assert port != taken
            ports = {one.laddr.port for one in psutil.Process(server.pid).net_connections("tcp")}
            assert port in ports


def test_only_what_the_process_itself_listens_on_counts():
    ours, other = free_port(), free_port()
    with (
        socket.create_server(("127.0.0.1", other)),
        subprocess.Popen([sys.executable, "-c", LISTEN, str(ours)]) as server,
    ):
        try:
            assert serves_within(server, ours, 30)
            assert not serves_within(server, other, 0.2)
        finally:
            server.kill()
        server.wait()
        assert not serves_within(server, ours, 30)
