"""The workflows that every workspace begins with: text2img, img2img and upscale."""

from infrastructure.emulator.deployments import Deployment
from infrastructure.emulator.graphs import ExternalInput, WorkNode

_IMAGE = ExternalInput(
    kind="Image", input_id="image", label="Image", description="The picture to start from."
)
_PROMPT = ExternalInput(
    kind="Text",
    input_id="prompt",
    label="Prompt",
    description="What the picture shows, in your own words.",
    default="",
)
_CHECKPOINT = WorkNode(class_type="CheckpointLoaderSimple", weight=1.5)
_ENCODE = WorkNode(
    class_type="CLIPTextEncode",
    weight=0.7,
    takes={"text": "prompt", "clip": _CHECKPOINT.class_type},
)
_DECODE = WorkNode(class_type="VAEDecode", weight=1.0, takes={"samples": "KSampler"})


def _side(input_id: str, label: str) -> ExternalInput:
    return ExternalInput(
        kind="NumberSliderInt",
        input_id=input_id,
        label=label,
        description=f"{label} of the picture in pixels, in steps of 8.",
        default=768,
        least=64,
        most=2048,
        step=8,
    )


TEXT2IMG = Deployment(
    name="text2img",
    description="Draws a picture from words.",
    gpu="A10G",
    age_days=0,
    inputs=(
        _PROMPT,
        ExternalInput(
            kind="Text",
            input_id="negative",
            label="Negative prompt",
            description="What the picture must not show.",
            default="",
        ),
        _side("width", "Width"),
        _side("height", "Height"),
        ExternalInput(
            kind="NumberSliderInt",
            input_id="steps",
            label="Steps",
            description="How long to work on the picture; more is finer and slower.",
            default=20,
            least=1,
            most=50,
        ),
        ExternalInput(
            kind="NumberInt",
            input_id="seed",
            label="Seed",
            description="The same seed draws the same picture again; -1 picks one by chance.",
            default=-1,
            least=-1,
            most=4294967295,
        ),
        ExternalInput(
            kind="NumberSliderInt",
            input_id="batch",
            label="Pictures",
            description="How many pictures to draw at once.",
            default=1,
            least=1,
            most=4,
        ),
    ),
    nodes=(
        _CHECKPOINT,
        _ENCODE,
        WorkNode(
            class_type="EmptyLatentImage",
            weight=0.2,
            takes={"width": "width", "height": "height", "batch_size": "batch"},
        ),
        WorkNode(
            class_type="KSampler",
            weight=1.0,
            samples=True,
            takes={
                "model": _CHECKPOINT.class_type,
                "positive": _ENCODE.class_type,
                "latent_image": "EmptyLatentImage",
                "steps": "steps",
                "seed": "seed",
            },
        ),
        _DECODE,
        WorkNode(class_type="SaveImage", weight=0.5, takes={"images": "VAEDecode"}),
    ),
)

IMG2IMG = Deployment(
    name="img2img",
    description="Repaints a picture in the mood of the words.",
    gpu="A10G",
    age_days=1,
    inputs=(
        _IMAGE,
        _PROMPT,
        ExternalInput(
            kind="NumberSlider",
            input_id="strength",
            label="Strength",
            description="How far to leave the original: 0 keeps it, 1 repaints it all.",
            default=0.6,
            least=0,
            most=1,
            step=0.05,
        ),
    ),
    nodes=(
        _CHECKPOINT,
        _ENCODE,
        WorkNode(class_type="VAEEncode", weight=0.7, takes={"pixels": "image"}),
        WorkNode(
            class_type="KSampler",
            weight=1.0,
            samples=True,
            takes={
                "model": _CHECKPOINT.class_type,
                "positive": _ENCODE.class_type,
                "latent_image": "VAEEncode",
                "denoise": "strength",
            },
        ),
        _DECODE,
        WorkNode(class_type="SaveImage", weight=0.5, takes={"images": "VAEDecode"}),
    ),
)

UPSCALE = Deployment(
    name="upscale",
    description="Makes a picture two to four times as large.",
    gpu="T4",
    age_days=2,
    inputs=(
        _IMAGE,
        ExternalInput(
            kind="NumberSliderInt",
            input_id="factor",
            label="Factor",
            description="How many times wider and higher the picture becomes.",
            default=2,
            least=2,
            most=4,
        ),
    ),
    nodes=(
        WorkNode(class_type="UpscaleModelLoader", weight=1.5),
        WorkNode(
            class_type="ImageUpscaleWithModel",
            weight=4.0,
            takes={"image": "image", "upscale_model": "UpscaleModelLoader"},
        ),
        WorkNode(
            class_type="ImageScaleBy",
            weight=0.7,
            takes={"image": "ImageUpscaleWithModel", "scale_by": "factor"},
        ),
        WorkNode(class_type="SaveImage", weight=0.5, takes={"images": "ImageScaleBy"}),
    ),
)

DEPLOYMENTS = (TEXT2IMG, IMG2IMG, UPSCALE)
