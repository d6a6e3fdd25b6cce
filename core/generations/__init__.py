"""Generations: a wish that became a job, and the states it passes."""
