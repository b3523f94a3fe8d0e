"""Imports point one way, and the light commands stay light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SEES = {
    "datasets": set(),
    "models": {"datasets"},
    "pseudolabel": {"datasets", "models"},
    "annotate": {"datasets", "models", "pseudolabel"},
    "benchmarks": {"datasets", "models", "pseudolabel", "annotate"},
    "cli": {"datasets", "models", "pseudolabel", "annotate", "benchmarks"},
}
FILES = sorted(path for layer in SEES for path in (ROOT / layer).rglob("*.py"))
HEAVY = {"fiftyone", "torch", "kornia", "cv2", "av", "pandas", "matplotlib", "scipy", "pyarrow", "ray", "rich"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_are_relative_and_point_down(path):
    layer = path.relative_to(ROOT).parts[0]
    package = ("bleedkit", *path.relative_to(ROOT).parent.parts)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = {alias.name.partition(".")[0] for alias in node.names}
            assert not names & {"bleedkit", *SEES}, f"line {node.lineno}: import relatively"
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            full = (*base, *(node.module or "").split("."))
            seen = full[1] if len(full) > 1 else ""
            assert seen in {layer, *SEES[layer], ""}, f"line {node.lineno}: {layer} must not import {seen}"
        elif isinstance(node, ast.ImportFrom):
            assert (node.module or "").partition(".")[0] not in {"bleedkit", *SEES}, f"line {node.lineno}"


def test_help_imports_nothing_heavy():
    code = (
        "import sys\n"
        "from bleedkit.cli.main import COMMANDS, cli\n"
        "for name in COMMANDS:\n"
        "    command = cli.get_command(None, name)\n"
        "    for sub in [command, *getattr(command, 'commands', {}).values()]:\n"
        "        sub.get_help(sub.make_context(sub.name, [], resilient_parsing=True))\n"
        "print(*sorted({m.partition('.')[0] for m in sys.modules}))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & set(done.stdout.split())
