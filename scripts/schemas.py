"""Write the JSON schemas of our TOML files into docs/reference. A test fails when they are out of date."""

import json
from pathlib import Path

from vrlive.config import ChannelConfig
from vrlive.rigs.toml import RigFile
from vrlive.server_config import ServerConfig
from vrlive.show.catalogue import Catalogue
from vrlive.show.scene import Scene
from vrlive.toml import Section

FOLDER = Path(__file__).parent.parent / "docs" / "reference"
MODELS: dict[str, type[Section]] = {
    "channel": ChannelConfig,
    "products": Catalogue,
    "rig": RigFile,
    "scene": Scene,
    "server": ServerConfig,
}


def schema(model: type[Section]) -> str:
    """The schema of a file, as it is committed."""
    return json.dumps(model.model_json_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for name, model in MODELS.items():
        (FOLDER / f"{name}.schema.json").write_text(schema(model), "utf-8")
