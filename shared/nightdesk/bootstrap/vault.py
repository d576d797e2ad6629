"""The key vault: what seals in the API, what opens in the one function that tests keys."""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from nightdesk import settings
from nightdesk.bootstrap.parts import audit_log, bots, desk, pepper, started

if TYPE_CHECKING:
    from nightdesk.accounts.offers import CheckUrls
    from nightdesk.accounts.ports import Credentials, KeyProbe
    from nightdesk.accounts.probing import TestKey, TryKey
    from nightdesk.accounts.rechecking import RecheckKeys
    from nightdesk.accounts.vault import DeleteKey, ListKeys, SaveKey
    from nightdesk.adapters.secrets.vault_cipher import KmsCipher

LOCAL = "local"


def private_hosts() -> Sequence[str]:
    """Return the hosts inside that the operator admits for an Ollama, as set now."""
    from nightdesk.bootstrap.stops import runtime_settings

    found = runtime_settings().get("llm.allowed_hosts")
    return found if isinstance(found, tuple) else ()


@cache
def cipher() -> "KmsCipher":
    """Return what seals keys for the API."""
    from nightdesk.adapters.secrets.vault_cipher import KmsCipher

    return KmsCipher(started(settings.ApiSettings).vault_key)


@cache
def credentials() -> "Credentials":
    """Return the stored keys."""
    from nightdesk.adapters.dynamo.credentials import DynamoCredentials

    started(settings.ApiSettings)
    return DynamoCredentials(audit_log())


@cache
def remote_probe() -> "KeyProbe":
    """Return what asks the function that may open keys."""
    from nightdesk.adapters.probes.remote import RemoteProbe

    return RemoteProbe(started(settings.ApiSettings).probe_function)


@cache
def check_urls() -> "CheckUrls":
    """Wire CheckUrls."""
    from nightdesk.accounts.offers import CheckUrls
    from nightdesk.adapters.outbound import SystemResolver

    local = started(settings.ApiSettings).stage == LOCAL
    return CheckUrls(SystemResolver(), local=local, private_hosts=private_hosts)


def provider_enabled(provider_id: str) -> bool:
    """Whether keys of this provider are taken; with no name set, all are."""
    from nightdesk.bootstrap.stops import runtime_settings

    names = runtime_settings().get("providers.enabled")
    return not isinstance(names, tuple) or not names or provider_id in names


@cache
def save_key() -> "SaveKey":
    """Wire SaveKey."""
    from nightdesk.accounts.vault import SaveKey

    return SaveKey(
        credentials=credentials(),
        cipher=cipher(),
        probe=remote_probe(),
        digests=pepper(),
        check_urls=check_urls(),
        trail=audit_log(),
        enabled=provider_enabled,
    )


@cache
def test_key() -> "TestKey":
    """Wire TestKey."""
    from nightdesk.accounts.probing import TestKey

    return TestKey(
        credentials=credentials(),
        probe=remote_probe(),
        digests=pepper(),
        trail=audit_log(),
        private_hosts=private_hosts,
    )


@cache
def try_key() -> "TryKey":
    """Wire TryKey."""
    from nightdesk.accounts.probing import TryKey

    return TryKey(
        cipher=cipher(),
        probe=remote_probe(),
        check_urls=check_urls(),
        enabled=provider_enabled,
    )


@cache
def delete_key() -> "DeleteKey":
    """Wire DeleteKey."""
    from nightdesk.accounts.vault import DeleteKey
    from nightdesk.bots.key_uses import LiveKeyUses

    return DeleteKey(credentials=credentials(), uses=LiveKeyUses(bots(), desk()))


@cache
def list_keys() -> "ListKeys":
    """Wire ListKeys."""
    from nightdesk.accounts.vault import ListKeys

    return ListKeys(credentials())


@cache
def probe_here() -> "KeyProbe":
    """Return what opens a key and asks its provider: in functions.probe_key alone."""
    from nightdesk.adapters.probes.here import ProbeHere
    from nightdesk.adapters.secrets.vault_cipher import KmsCipher

    found = settings.load(settings.ProbeKeySettings)  # it has no table
    return ProbeHere(opener=KmsCipher(found.vault_key), local=found.stage == LOCAL)


@cache
def recheck_keys() -> "RecheckKeys":
    """Wire RecheckKeys."""
    from nightdesk.accounts.probing import KeepResult
    from nightdesk.accounts.rechecking import RecheckKeys
    from nightdesk.adapters.dynamo.credentials import DynamoCredentials, ProbedKeys
    from nightdesk.adapters.probes.remote import RemoteProbe

    found = started(settings.RecheckKeysSettings)
    trail = audit_log(settings.RecheckKeysSettings)
    return RecheckKeys(
        passed=ProbedKeys(),
        probe=RemoteProbe(found.probe_function),
        keep=KeepResult(DynamoCredentials(trail), trail),
    )
