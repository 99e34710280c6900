"""Grid rules from files: ours, and a user's own beside them."""

from __future__ import annotations

from pathlib import Path

from store.own_files import check_numbers, parsed, record_fields, yaml_texts
from twin.errors import ScenarioError
from twin.stabilize.rules import Rule

OURS = "grid_rules"


def grid_rules(folder: Path | None = None) -> dict[str, Rule]:
    """
    Read every rule.

    Args:
        folder: A user's own; a rule of a name of ours takes its place.

    Returns:
        Rules by key, ours first.

    Raises:
        ScenarioError: If a file is no rule; names it, what is wrong, and the repair.
    """
    texts = yaml_texts(OURS, folder)
    return {rule.key: rule for rule in (read_rule(t, name) for name, t in texts)}


def read_rule(text: str, name: str) -> Rule:
    """
    Read one rule.

    Args:
        text: YAML.
        name: Of its file, for errors.

    Raises:
        ScenarioError: If it is no rule.
    """
    data = record_fields(parsed(text, name), name, Rule)
    check_numbers(data, ("limit", "window_s", "low_hz", "high_hz"), name)
    try:
        return Rule(**(data | {"date": str(data["date"])}))
    except (TypeError, ValueError) as error:
        raise ScenarioError(name, "is no rule", str(error), "mend that") from error
