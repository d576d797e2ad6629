"""Findings of cdk-nag that we accept: each with its reason, where the construct stands."""

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def acknowledge(scope: IConstruct, rule: str, reason: str) -> None:
    """Accept `rule` for everything below `scope`. The reason goes to the validation report."""
    Validations.of(scope).acknowledge(Acknowledgment(id=rule, reason=reason))
