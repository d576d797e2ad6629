"""The API's handler with every route built, as a SnapStart snapshot holds it."""

from functions.api.handler import desk

desk.build()
