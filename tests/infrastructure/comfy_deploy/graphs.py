"""Graphs as operators draw them, in ComfyUI's API format, and drawings with notes."""

from collections.abc import Mapping

Fields = Mapping[str, object]
Graph = dict[str, object]


def graph(**nodes: tuple[str, Fields]) -> Graph:
    """Return a graph of nodes by their ids; a wire is a list: `["sampler", 0]`."""
    return {
        key: {"class_type": class_type, "inputs": dict(fields), "_meta": {"title": class_type}}
        for key, (class_type, fields) in nodes.items()
    }


def external(short: str, input_id: str, **fields: object) -> tuple[str, Fields]:
    """Return an external node, with the two fields that all of them have."""
    common = {"input_id": input_id, "display_name": "", "description": ""}
    return f"ComfyUIDeployExternal{short}", {**common, **fields}


def to(node: str, output: int = 0) -> list[object]:
    """Return a wire from a node."""
    return [node, output]


def drawing(*notes: str) -> dict[str, object]:
    """Return a drawing of a sampler and these notes, the last of them in Markdown."""
    kinds = ["Note"] * (len(notes) - 1) + ["MarkdownNote"]
    nodes: list[object] = [{"id": 1, "type": "KSampler", "widgets_values": [1, "fixed", 20]}]
    nodes += [
        {"id": number, "type": kind, "mode": 0, "widgets_values": [text]}
        for number, (kind, text) in enumerate(zip(kinds, notes, strict=True), start=2)
    ]
    return {"nodes": nodes, "links": [], "groups": [], "version": 0.4}


def sampler(**more: object) -> tuple[str, Fields]:
    """Return a KSampler whose words come from `positive` and `negative`."""
    usual: Fields = {
        "seed": 5,
        "steps": 20,
        "cfg": 7,
        "sampler_name": "euler",
        "scheduler": "normal",
        "denoise": 1,
        "model": to("model"),
        "positive": to("positive"),
        "negative": to("negative"),
        "latent_image": to("latent"),
    }
    return "KSampler", {**usual, **more}


def encoded(source: object) -> tuple[str, Fields]:
    """Return a text encoder of this text or wire."""
    return "CLIPTextEncode", {"text": source, "clip": to("model", 1)}


def checkpoint(file: str) -> tuple[str, Fields]:
    """Return the loader of a checkpoint."""
    return "CheckpointLoaderSimple", {"ckpt_name": file}


def saved(source: str = "decode") -> tuple[str, Fields]:
    """Return the node that saves pictures."""
    return "SaveImage", {"images": to(source), "filename_prefix": "ComfyUI"}


DECODE = ("VAEDecode", {"samples": to("sampler"), "vae": to("model", 2)})

SDXL = graph(
    model=checkpoint("sd_xl_base_1.0.safetensors"),
    words=external("Text", "scene", default_value="", display_name="Scene"),
    style=external("Text", "style", default_value="oil painting"),
    joined=("StringConcatenate", {"string_a": to("words"), "string_b": to("style")}),
    not_this=external("Text", "avoid", default_value="blurry"),
    positive=encoded(to("joined")),
    negative=encoded(to("not_this")),
    wide=external("NumberSliderInt", "w", default_value=1024, min_value=64, max_value=2048),
    high=external("NumberSliderInt", "h", default_value=1024, min_value=64, max_value=2048),
    many=external("NumberInt", "how_many", default_value=1),
    latent=(
        "EmptyLatentImage",
        {"width": to("wide"), "height": to("high"), "batch_size": to("many")},
    ),
    dice=external("Seed", "dice", default_value=-1, min_value=1, max_value=4294967295),
    rounds=external("NumberSliderInt", "rounds", default_value=30, min_value=1, max_value=60),
    rails=external("NumberSlider", "obedience", default_value=7, min_value=0, max_value=30),
    even=("Reroute", {"": to("rounds")}),
    sampler=sampler(seed=to("dice"), steps=to("even"), cfg=to("rails")),
    decode=DECODE,
    looked_at=("PreviewImage", {"images": to("decode")}),
    saved=saved(),
)
"""Text to image with SDXL: no input's name says what it is."""

FLUX = graph(
    model=("UNETLoader", {"unet_name": "flux1-dev-fp8.safetensors", "weight_dtype": "default"}),
    clip=("DualCLIPLoader", {"clip_name1": "t5xxl_fp16.safetensors", "type": "flux"}),
    words=external("Text", "input_text", default_value=""),
    positive=("CLIPTextEncodeFlux", {"clip_l": to("words"), "t5xxl": to("words"), "guidance": 4}),
    negative=("ConditioningZeroOut", {"conditioning": to("positive")}),
    guided=("FluxGuidance", {"conditioning": to("positive"), "guidance": to("rails")}),
    rails=external("Number", "guide", default_value=3.5, step=0.01),
    latent=("EmptySD3LatentImage", {"width": 1024, "height": 1024, "batch_size": 1}),
    sampler=sampler(positive=to("guided")),
    decode=DECODE,
    saved=("ComfyDeployOutputImage", {"images": to("decode"), "output_id": "output_images"}),
)
"""FLUX at CFG 1: what must not be seen is the prompt, zeroed."""

KONTEXT = graph(
    model=("UNETLoader", {"unet_name": "flux_edit_q8.gguf"}),
    picture=external("Image", "photo", default_value_url="https://x.example/sample.png"),
    fitted=("FluxKontextImageScale", {"image": to("picture")}),
    pixels=("VAEEncode", {"pixels": to("fitted")}),
    words=external("Text", "change", default_value=""),
    encoder=("CLIPTextEncode", {"text": to("words"), "clip": to("model", 1)}),
    referred=("ReferenceLatent", {"conditioning": to("encoder"), "latent": to("pixels")}),
    guider=("BasicGuider", {"conditioning": to("referred"), "model": to("model")}),
    dice=external("NumberInt", "luck", default_value=-1),
    noise=("RandomNoise", {"noise_seed": to("dice")}),
    sampler=("SamplerCustomAdvanced", {"guider": to("guider"), "noise": to("noise")}),
    decode=DECODE,
    saved=saved(),
)
"""An edit of a picture by a guider that knows no negative."""

INPAINT = graph(
    model=checkpoint("v1-5-pruned-emaonly.safetensors"),
    picture=external("Image", "photo"),
    hole=external("Image", "where"),
    grown=("ImageScale", {"image": to("hole"), "width": 512, "height": 512}),
    holed=("ImageToMask", {"image": to("grown"), "channel": "red"}),
    words=external("TextAny", "instead", default_value=""),
    positive=encoded(to("words")),
    negative=encoded("watermark"),
    latent=("VAEEncodeForInpaint", {"pixels": to("picture"), "mask": to("holed")}),
    much=external("NumberSlider", "how_far", default_value=0.8, min_value=0, max_value=1),
    sampler=sampler(denoise=to("much")),
    decode=DECODE,
    saved=saved(),
)
"""A picture, a mask that is a picture too, and words."""

UPSCALE = graph(
    picture=external("Image", "photo"),
    loader=("UpscaleModelLoader", {"model_name": "4x_flux_sharp_xl.pth"}),
    larger=("ImageUpscaleWithModel", {"upscale_model": to("loader"), "image": to("picture")}),
    saved=saved("larger"),
)
"""A picture, larger; the upscaler's name says nothing of a model to draw with."""

CUT_OUT = graph(
    picture=external("ImageAlpha", "photo"),
    cut=("InspyrenetRembg", {"image": to("picture")}),
    looked_at=("PreviewImage", {"images": to("cut")}),
)
"""The background removed; nothing is saved, only shown."""

WAN = graph(
    model=("UNETLoader", {"unet_name": "wan2.2_i2v_high_noise_14B_fp8_scaled.safetensors"}),
    words=external("Text", "what_happens", default_value=""),
    not_this=external("Text", "never", default_value="static"),
    positive=encoded(to("words")),
    negative=encoded(to("not_this")),
    picture=external("Image", "first_frame"),
    frames=external("NumberInt", "frames", default_value=81),
    latent=(
        "WanImageToVideo",
        {
            "positive": to("positive"),
            "negative": to("negative"),
            "start_image": to("picture"),
            "length": to("frames"),
        },
    ),
    sampler=("KSamplerAdvanced", {"positive": to("latent"), "negative": to("latent", 1)}),
    decode=DECODE,
    last=saved(),
    film=("VHS_VideoCombine", {"images": to("decode"), "frame_rate": 16, "save_output": True}),
    rough=("VHS_VideoCombine", {"images": to("decode"), "save_output": False}),
)
"""A picture that moves; its last frame is saved beside the film."""

SONG = graph(
    model=checkpoint("ace_step_v1_3.5b.safetensors"),
    genre=external("Text", "tags", default_value="jazz"),
    words=external("Text", "lyrics", default_value=""),
    positive=("TextEncodeAceStepAudio", {"tags": to("genre"), "lyrics": to("words")}),
    negative=("ConditioningZeroOut", {"conditioning": to("positive")}),
    latent=("EmptyAceStepLatentAudio", {"seconds": 60, "batch_size": 1}),
    sampler=sampler(),
    decode=("VAEDecodeAudio", {"samples": to("sampler")}),
    saved=("SaveAudioMP3", {"audio": to("decode"), "filename_prefix": "song"}),
)
"""Words and a genre become a song."""

CAPTION = graph(
    picture=external("Image", "photo"),
    question=external("Text", "question", default_value=""),
    told=("Florence2Run", {"image": to("picture"), "text_input": to("question")}),
    shown=("ShowText|pysssss", {"text": to("told")}),
    saved=("ComfyDeployOutputText", {"text": to("told"), "output_id": "output_text"}),
)
"""What is in a picture, in words."""

LORAS = graph(
    model=checkpoint("ponyDiffusionV6XL.safetensors"),
    file=external("Lora", "style_file", default_lora_name="x.safetensors", lora_url=""),
    first=("LoraLoader", {"lora_name": to("file"), "model": to("model"), "clip": to("model", 1)}),
    stack=("Power Lora Loader (rgthree)", {"lora_1": {"on": True, "lora": "b.safetensors"}}),
    second=("LoraLoader", {"lora_name": "a.safetensors", "model": to("first")}),
    words=external("Text", "prompt", default_value=""),
    tagged=("LoraTagLoader", {"text": to("words"), "model": to("second"), "clip": to("first", 1)}),
    positive=encoded(to("tagged", 2)),
    negative=encoded("worst quality"),
    latent=("EmptyLatentImage", {"width": 832, "height": 1216, "batch_size": 1}),
    sampler=sampler(model=to("tagged")),
    decode=DECODE,
    saved=("Image Save", {"images": to("decode")}),
)
"""A stack of LoRA files, one of them the person's, and tags in the prompt."""

ALL = {
    "sdxl": SDXL,
    "flux": FLUX,
    "kontext": KONTEXT,
    "inpaint": INPAINT,
    "upscale": UPSCALE,
    "cut out": CUT_OUT,
    "wan": WAN,
    "song": SONG,
    "caption": CAPTION,
    "loras": LORAS,
}
