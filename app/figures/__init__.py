"""Figures as plain functions of JSON documents."""
