"""What the class of a node tells: whether it saves, encodes a text, loads LoRA files, and so on."""

import re
from functools import lru_cache

import attrs

from core.workflows.model import OutputKind

EXTERNAL = "ComfyUIDeployExternal"
"""How the classes of inputs begin."""

MOST_CLASSES = 8_192
"""How many classes are remembered: there are some thousands in use in the world."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

_PASSING = frozenset(
    (
        *("reroute", "primitive", "constant", "value", "switch", "any", "convert"),
        *("string", "text", "prompt", "concat", "concatenate", "join", "wildcard", "wildcards"),
        *("translate", "replace", "format", "styler", "lines"),
        *("int", "integer", "float", "number", "math", "seed", "random"),
        *("conditioning", "scale", "resize", "crop", "pad"),
    )
)
"""Words in the names of classes whose output is their input, more or less."""

_LORA_VERB = re.compile(r"load|stack|apply|select|switch|insert")
_NO_LORA_LOADER = re.compile(r"save|extract|train|merge|resize|info")
_TAG_READERS = frozenset(
    (
        *("LoraTagLoader", "CachedLoraTagLoader", "MultiLoraLoader-70bf3d77", "MIX_Lora_Parser"),
        *("Power Prompt (rgthree)", "SDXL Power Prompt - Positive (rgthree)"),
        *("ImpactWildcardEncode", "Wildcard And Lora Syntax Processor", "Wildcard Processor"),
        *("Lora Loader (LoraManager)", "LoRA Text Loader (LoraManager)"),
        *(
            "PCLazyTextEncode",
            "PCLazyLoraLoader",
            "PCLazyLoraLoaderAdvanced",
            "PCLoraHooksFromText",
        ),
        *("LoRAScheduler", "ScheduleToModel", "easy fullLoader", "easy a1111Loader"),
        *("easy comfyLoader", "easy fluxLoader", "ttN pipeLoader_v2", "ttN pipeLoaderSDXL_v2"),
        *("ttN tinyLoader", "ttN conditioning", "PromptExtraNetworks", "weirdion_PromptWithLora"),
        *("LoadLoraFromPrompt", "LoraPromptLoader"),
    )
)
"""Nodes of well-known packs that load the LoRA files which a prompt names in tags."""

_SAVING = re.compile(r"save|deploy(std)?output|videocombine|animatediffcombine")
_SHOWING = re.compile(r"^preview|show(text|any)|displaytext")
_KINDS_OF_OUTPUT = (
    (OutputKind.VIDEO, re.compile(r"video|webm|animat|gif|mp4")),
    (OutputKind.AUDIO, re.compile(r"audio|mp3|flac|opus|wav")),
    (OutputKind.FILE, re.compile(r"exr|glb|3d|mesh|svg|zip")),
    (OutputKind.IMAGE, re.compile(r"image")),
    (OutputKind.TEXT, re.compile(r"text|string|caption|(preview|show)any")),
    (OutputKind.FILE, re.compile(r"file")),
)
_FAMILIES = (
    ("KONTEXT", re.compile(r"kontext")),
    ("FLUX", re.compile(r"flux")),
    ("WAN", re.compile(r"^wan|wanvideo")),
    ("HUNYUAN", re.compile(r"^hyvideo|^hunyuan")),
    ("LTX", re.compile(r"ltxv|ltx-?video")),
    ("SD3", re.compile(r"^tripleclip|textencodesd3|controlnetapplysd3")),
    ("SDXL", re.compile(r"sdxl")),
)


@attrs.frozen(kw_only=True, eq=False)
class Traits:
    """What is known of a class of nodes. There is one for each class, so it is its own key."""

    external: str = ""
    """Its short name (`NumberInt`) if it is an input of the workflow."""
    saves: OutputKind | None = None
    shows: OutputKind | None = None
    """What it lets people look at, which is what comes out if nothing is saved."""
    encodes: bool = False
    """Whether it turns words into what a sampler is guided by."""
    passes: bool = False
    """Whether what goes in comes out, more or less: a reroute, a sum of texts, a number."""
    forgets: bool = False
    """Whether it throws away what a text said (ConditioningZeroOut)."""
    makes_mask: bool = False
    sizes: bool = False
    """Whether its `width` and `height` are not those of a part, a frame or a mask."""
    repeats: bool = False
    loads_lora: bool = False
    reads_tags: bool = False
    upscales: bool = False
    family: str = ""
    """The family of models that it is for."""
    counts: bool = attrs.field(init=False)
    """Whether the workflow as a whole is another for it."""

    @counts.default
    def _counts(self) -> bool:
        named = self.saves or self.shows or self.family
        return bool(named) or self.loads_lora or self.reads_tags or self.upscales


@lru_cache(maxsize=MOST_CLASSES)
def traits_of(class_type: str) -> Traits:
    """Return what the name of a class tells; it is looked at once."""
    if class_type.startswith(EXTERNAL):
        return Traits(external=class_type.removeprefix(EXTERNAL) or "Text")
    lower = class_type.lower()
    words = frozenset(each.lower() for each in _WORD.findall(class_type))
    plain = lower.replace(" ", "").replace("_", "")
    saves, shows = _output_of(plain)
    return Traits(
        saves=saves,
        shows=shows,
        encodes=_encodes(plain),
        passes=class_type in _TAG_READERS or not words.isdisjoint(_PASSING),
        forgets="zeroout" in plain,
        makes_mask=re.search(r"(image|rgb|colou?r)s?tomask", plain) is not None,
        sizes=words.isdisjoint({"crop", "pad", "mask", "overlay", "draw", "composite"}),
        repeats="repeat" in words or "batch" in words,
        loads_lora=_loads_lora(lower),
        reads_tags=class_type in _TAG_READERS,
        upscales="upscale" in plain or "supir" in plain or "seedvr" in plain,
        family=next((name for name, pattern in _FAMILIES if pattern.search(plain)), ""),
    )


def _output_of(plain: str) -> tuple[OutputKind | None, OutputKind | None]:
    """Return what it saves and what it only shows."""
    saves, shows = _SAVING.search(plain), _SHOWING.search(plain)
    if not (saves or shows) or "load" in plain:
        return None, None
    kind = next((kind for kind, words in _KINDS_OF_OUTPUT if words.search(plain)), None)
    return (kind, None) if saves and not plain.startswith("preview") else (None, kind)


def _encodes(plain: str) -> bool:
    if "vision" in plain or "decode" in plain:
        return False
    return "encode" in plain and any(word in plain for word in ("text", "clip", "prompt", "wild"))


def _loads_lora(lower: str) -> bool:
    return (
        "lora" in lower
        and _LORA_VERB.search(lower) is not None
        and _NO_LORA_LOADER.search(lower) is None
    )
