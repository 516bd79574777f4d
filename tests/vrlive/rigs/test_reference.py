"""docs/reference/rig.md and its schema say what the code does."""

import json
import re
from pathlib import Path

from vrlive.projection.rig import MODELS
from vrlive.rigs import RigFile, read_rig
from vrlive.rigs.toml import LensSection

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"


def test_the_schema_is_the_model_s() -> None:
    schema = json.loads((REFERENCE / "rig.schema.json").read_text("utf-8"))
    assert schema == RigFile.model_json_schema(), "run scripts/schemas.py"


def test_every_key_and_model_is_described() -> None:
    text = (REFERENCE / "rig.md").read_text("utf-8")
    assert [word for word in (*LensSection.model_fields, *MODELS) if f"`{word}`" not in text] == []


def test_the_example_is_a_rig(tmp_path: Path) -> None:
    found = re.search(r"```toml\n(.*?)```", (REFERENCE / "rig.md").read_text("utf-8"), re.DOTALL)
    assert found
    path = tmp_path / "rig.toml"
    path.write_text(found[1], "utf-8")
    assert read_rig(path).inputs == 2
