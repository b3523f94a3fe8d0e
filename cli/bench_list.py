"""`bleedkit bench list`: what can be run."""

import json
from typing import Any

import click


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_(as_json: bool) -> None:
    """List the protocols, the models that enter each, and the suites.

    \b
    Example:  bleedkit bench list
    """
    found = _registries()
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    for protocol in found["protocols"]:
        tables = f" ({', '.join(protocol['tables'])})" if protocol["tables"] else ""
        click.echo(f"{protocol['name']}, version {protocol['version']}: {protocol['title']}{tables}")
        click.echo(f"  given:   {protocol['input']}")
        click.echo(f"  clips:   {protocol['split_rule']}")
        click.echo(f"  truth:   {protocol['truth_rule']}")
        click.echo(f"  ranked:  {protocol['primary']}, of {', '.join(protocol['metrics'])}")
        for model in found["models"]:
            if protocol["task"] in model["tasks"]:
                needs = f"; needs {', '.join(model['weights'])}" if model["weights"] else ""
                learns = "learns" if model["trains"] else "learns nothing"
                click.echo(f"    {model['name']:<22} {model['title']}; {learns}{needs}")
        click.echo()
    for suite in found["suites"]:
        click.echo(f"suite {suite['name']}: {suite['title']}")


def _registries() -> dict[str, list[dict[str, Any]]]:
    from ..benchmarks.entries.registry import ENTRIES
    from ..benchmarks.protocols.registry import PROTOCOLS
    from ..benchmarks.runs.human_run import ENTRY as HUMAN
    from ..benchmarks.runs.suites import SUITES

    said = ("name", "version", "task", "title", "input", "split_rule", "truth_rule", "primary")
    return {
        "protocols": [
            {
                **{name: getattr(protocol, name) for name in said},
                "tables": list(protocol.tables),
                "metrics": [metric.name for metric in protocol.metrics],
            }
            for protocol in PROTOCOLS.values()
        ],
        "models": [
            {
                **{name: getattr(entry, name) for name in ("name", "title", "reference", "trains")},
                "tasks": list(entry.tasks),
                "weights": list(entry.weights),
            }
            for entry in (*ENTRIES.values(), HUMAN)
        ],
        "suites": [
            {
                "name": suite.name,
                "title": suite.title,
                "seeds": suite.seeds,
                "models": {name: list(models) for part in suite.parts for name, models in part.models.items()},
            }
            for suite in SUITES.values()
        ],
    }
