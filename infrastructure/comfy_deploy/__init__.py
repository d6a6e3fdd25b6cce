"""ComfyUI Deploy, as the generation gateway and the workflow catalogue."""
