"""What comes out of a graph and which models it is for, told by the classes of its nodes."""

import pytest

from core.workflows.model import OutputKind
from infrastructure.comfy_deploy.graph import NO_FACTS, GraphFacts, graph_facts
from tests.infrastructure.comfy_deploy.graphs import (
    ALL,
    CUT_OUT,
    FLUX,
    KONTEXT,
    LORAS,
    SDXL,
    UPSCALE,
    Fields,
    checkpoint,
    external,
    graph,
    to,
)


def facts(**nodes: tuple[str, Fields]) -> GraphFacts:
    """Return what a graph of these nodes tells."""
    return graph_facts(graph(**nodes), None)


@pytest.mark.parametrize(
    ("name", "outputs"),
    [
        ("sdxl", (OutputKind.IMAGE,)),
        ("flux", (OutputKind.IMAGE,)),
        ("upscale", (OutputKind.IMAGE,)),
        ("cut out", (OutputKind.IMAGE,)),
        ("wan", (OutputKind.IMAGE, OutputKind.VIDEO)),
        ("song", (OutputKind.AUDIO,)),
        ("caption", (OutputKind.TEXT,)),
        ("loras", (OutputKind.IMAGE,)),
    ],
)
def test_what_is_saved_comes_out(name: str, outputs: tuple[OutputKind, ...]) -> None:
    assert graph_facts(ALL[name], None).outputs == outputs


@pytest.mark.parametrize(
    ("class_type", "outputs"),
    [
        ("SaveImage", (OutputKind.IMAGE,)),
        ("PreviewImage", (OutputKind.IMAGE,)),
        ("SaveImageWebsocket", (OutputKind.IMAGE,)),
        ("ComfyDeployStdOutputImage", (OutputKind.IMAGE,)),
        ("ComfyDeployStdOutputAny", ()),
        ("LoadImageOutput", ()),
        ("VHS_VideoCombine", (OutputKind.VIDEO,)),
        ("SaveWEBM", (OutputKind.VIDEO,)),
        ("SaveVideo", (OutputKind.VIDEO,)),
        ("SaveAnimatedWEBP", (OutputKind.VIDEO,)),
        ("SaveAnimatedPNG", (OutputKind.VIDEO,)),
        ("ADE_AnimateDiffCombine", (OutputKind.VIDEO,)),
        ("SaveAudio", (OutputKind.AUDIO,)),
        ("SaveAudioOpus", (OutputKind.AUDIO,)),
        ("PreviewAudio", (OutputKind.AUDIO,)),
        ("ComfyDeployOutputText", (OutputKind.TEXT,)),
        ("ShowText|pysssss", (OutputKind.TEXT,)),
        ("easy showAnything", (OutputKind.TEXT,)),
        ("PreviewAny", (OutputKind.TEXT,)),
        ("Save Text File", (OutputKind.TEXT,)),
        ("ComfyDeployOutputFile", (OutputKind.FILE,)),
        ("ComfyDeployOutputEXR", (OutputKind.FILE,)),
        ("SaveGLB", (OutputKind.FILE,)),
        ("Preview3D", (OutputKind.FILE,)),
        ("SaveLatent", ()),
        ("KSampler", ()),
    ],
)
def test_the_class_tells_what_comes_out(class_type: str, outputs: tuple[OutputKind, ...]) -> None:
    assert facts(last=(class_type, {})).outputs == outputs


@pytest.mark.parametrize(
    ("file", "family"),
    [
        ("v1-5-pruned-emaonly.safetensors", "SD1.5"),
        ("dreamshaper_8.safetensors", "SD1.5"),
        ("DreamShaperXL_Turbo.safetensors", "SDXL"),
        ("juggernautXL_v9.safetensors", "SDXL"),
        ("sd_xl_base_1.0.safetensors", "SDXL"),
        ("waiNSFWIllustrious_v140.safetensors", "Illustrious"),
        ("noobaiXLNAIXL_vPred10.safetensors", "Illustrious"),
        ("ponyDiffusionV6XL.safetensors", "Pony"),
        ("sd3.5_large_fp8.safetensors", "SD3"),
        ("stable-diffusion-3-medium.safetensors", "SD3"),
        ("FLUX1/flux1-schnell.sft", "FLUX"),
        ("flux1-dev-kontext_fp8_scaled.safetensors", "KONTEXT"),
        ("wan2.1_t2v_14B.gguf", "WAN"),
        ("swan_lake.safetensors", ""),
        ("hunyuan_video_t2v_720p.safetensors", "HUNYUAN"),
        ("ltx-video-2b-v0.9.5.safetensors", "LTX"),
        ("my_own.safetensors", ""),
    ],
)
def test_the_name_of_its_file_tells_a_models_family(file: str, family: str) -> None:
    assert facts(model=checkpoint(file)).base_model == family


def test_the_model_that_draws_tells_and_not_the_upscaler() -> None:
    assert graph_facts(UPSCALE, None).base_model == ""
    assert (
        facts(
            upscaler=("UpscaleModelLoader", {"model_name": "4x_flux.pth"}),
            model=checkpoint("sd_xl_base.safetensors"),
            refiner=checkpoint("v1-5-pruned.ckpt"),
        ).base_model
        == "SDXL"
    )


@pytest.mark.parametrize(
    ("class_type", "fields", "family"),
    [
        ("WanVideoModelLoader", {"model": "wan2_1.safetensors"}, "WAN"),
        ("OpenAIChat", {"model": "flux-captioner"}, ""),
        ("HyVideoModelLoader", {"model": "mine.safetensors"}, "HUNYUAN"),
        ("CLIPLoader", {"clip_name": "umt5.safetensors", "type": "wan"}, "WAN"),
        ("CLIPLoader", {"type": "stable_diffusion"}, ""),
        ("TripleCLIPLoader", {}, "SD3"),
        ("CLIPTextEncodeSDXL", {}, "SDXL"),
    ],
)
def test_a_loader_tells_the_family_where_no_file_does(
    class_type: str, fields: Fields, family: str
) -> None:
    assert facts(node=(class_type, fields)).base_model == family


def test_flux_with_nodes_of_kontext_is_kontext() -> None:
    assert graph_facts(KONTEXT, None).base_model == "KONTEXT"
    assert graph_facts(FLUX, None).base_model == "FLUX"


def test_the_default_of_a_chosen_checkpoint_tells_the_family() -> None:
    assert (
        facts(
            words=external("Text", "x", default_value="a flux of foxes"),
            file=external("Checkpoint", "file", default_value="unknown.safetensors"),
            which=external("Enum", "look", default_value="ponyXL.ckpt", options='["ponyXL.ckpt"]'),
            model=("CheckpointLoaderSimple", {"ckpt_name": to("which")}),
        ).base_model
        == "Pony"
    )


def test_what_loads_lora_files_is_named() -> None:
    found = graph_facts(LORAS, None)

    assert found.lora_loaders == ("LoraLoader", "Power Lora Loader (rgthree)", "LoraTagLoader")
    assert found.reads_lora_tags
    assert not graph_facts(SDXL, None).reads_lora_tags
    assert facts(a=("LoraSave", {}), b=("ExtractLoRA", {})).lora_loaders == ()


def test_a_node_that_makes_pictures_larger_is_noted() -> None:
    assert graph_facts(UPSCALE, None).upscales is True
    assert graph_facts(CUT_OUT, None).upscales is False
    assert NO_FACTS.upscales is None
