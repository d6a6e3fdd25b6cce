"""Schedulers that wake jobs: in process now, distributed later."""
