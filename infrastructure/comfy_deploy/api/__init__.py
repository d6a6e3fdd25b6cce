"""Every call of the ComfyUI Deploy API, typed: requests and results as frozen values."""
