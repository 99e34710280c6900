"""Stages of multimodal serving: what each carries, how many, and how they scale."""
