"""Reading and writing rig files (rig.toml, Hugin .pto): numbers, no pixels."""
