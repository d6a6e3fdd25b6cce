"""To which family of models a workflow's belongs, as LoRA files name it: SDXL, FLUX, WAN."""

import re

import attrs

_SURE_FIELDS = frozenset({"ckpt_name", "base_ckpt_name", "unet_name"})
MODEL_FIELDS = _SURE_FIELDS | {"model_name", "model", "model_path", "type"}
"""Fields that may hold the name of a model's file, or for which models a text encoder is."""

_FILE = re.compile(r"\.(safetensors|ckpt|sft|gguf|pth?|bin)$")
_BY_TYPE = {
    "flux": "FLUX",
    "flux2": "FLUX",
    "wan": "WAN",
    "sd3": "SD3",
    "sdxl": "SDXL",
    "hunyuan_video": "HUNYUAN",
    "hunyuan_video_15": "HUNYUAN",
    "ltxv": "LTX",
}
_BY_FILE = (
    ("KONTEXT", re.compile(r"kontext")),
    ("FLUX", re.compile(r"flux")),
    ("HUNYUAN", re.compile(r"hunyuan|hyvid")),
    ("LTX", re.compile(r"ltx")),
    ("WAN", re.compile(r"(?<![a-z])wan(?![a-z])|wan_?video|wan2")),
    ("SD3", re.compile(r"sd[-_ ]?3(?![0-9]{2})|stable[-_ ]?diffusion[-_ ]?3")),
    ("Pony", re.compile(r"pony")),
    ("Illustrious", re.compile(r"illustri|noob|(?<![a-z])il(?![a-z])|ilxl")),
    ("SDXL", re.compile(r"xl(?!abs)")),
    (
        "SD1.5",
        re.compile(
            r"sd[-_ ]?1[-_.]?[45]|v1[-_.][45]|dreamshaper|deliberate|realistic[-_ ]?vision|"
            r"rev[-_ ]?animated|counterfeit|majicmix|absolute[-_ ]?reality|epicrealism|meinamix|"
            r"anything[-_ ]?v[345]"
        ),
    ),
)


def family_of_file(name: str) -> str:
    """Return the family of a model's file; "" for one that its name does not tell."""
    lower = name.lower()
    return next((family for family, pattern in _BY_FILE if pattern.search(lower)), "")


@attrs.define
class Models:
    """What a graph has told of its models so far. What is found first counts."""

    by_file: str = ""
    by_other_file: str = ""
    """Of a field that may hold other files too."""
    by_type: str = ""
    families: dict[str, None] = attrs.field(factory=dict)
    """Those for which there are nodes."""

    def add(self, field: str, value: str) -> None:
        """Take note of what a field of `MODEL_FIELDS` holds."""
        if field in _SURE_FIELDS:
            self.by_file = self.by_file or family_of_file(value)
        elif field == "type":
            self.by_type = self.by_type or _BY_TYPE.get(value, "")
        elif _FILE.search(value.lower()):
            self.by_other_file = self.by_other_file or family_of_file(value)

    @property
    def family(self) -> str:
        """The family; "" if nothing tells."""
        found = self.by_file or self.by_other_file or self.by_type or next(iter(self.families), "")
        # Its files have any name, and its text encoder's loader is that of FLUX.
        return "KONTEXT" if found == "FLUX" and "KONTEXT" in self.families else found
