"""Files of deploy/ that programs of this machine can check; `make lint` checks the Kubernetes manifests."""

import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import yaml
from django.conf import settings

from anywork.testing.processes import Program, is_up, wait_for
from anywork.testing.smtp import free_port

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
MANIFESTS = [
    manifest
    for path in sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    for manifest in yaml.safe_load_all(path.read_text(encoding="utf-8"))
]
PODS = {
    manifest["metadata"]["name"]: manifest["spec"]["template"]["spec"]
    for manifest in MANIFESTS
    if manifest["kind"] in {"Deployment", "Job"}
}
# A root file system that can only be read but for a folder of temporary files, as in the containers, without any
# capability.
READ_ONLY = """
mount --make-rprivate / && mount --bind / / && mount -o remount,bind,ro / && mount -t tmpfs tmpfs "$TMPDIR" || exit
exec setpriv --bounding-set=-all --inh-caps=-all --no-new-privs "$@"
"""


def test_every_pod_is_read_only_and_has_no_rights():
    assert sorted(PODS) == ["anywork-beat", "anywork-migrate", "anywork-web", "anywork-worker"]
    for name, pod in PODS.items():
        [container] = pod["containers"]
        assert (pod["securityContext"]["runAsNonRoot"], pod["securityContext"]["runAsUser"]) == (True, 999), name
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }, name
        assert container["volumeMounts"] == [{"name": "tmp", "mountPath": "/tmp"}], name
        assert {"memory"} == container["resources"]["limits"].keys(), name
    assert "USER 999\n" in (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_only_the_migration_knows_the_owner():
    secrets = {
        name: [source["secretRef"]["name"] for source in pod["containers"][0]["envFrom"] if "secretRef" in source]
        for name, pod in PODS.items()
    }

    assert [name for name, names in secrets.items() if "anywork-owner" in names] == ["anywork-migrate"]


def test_manifests_set_only_variables_that_the_settings_read():
    named = {name for manifest in MANIFESTS for key in ("data", "stringData") for name in manifest.get(key, {})}

    assert named
    assert named <= settings.ENVIRONMENT_NAMES


@pytest.mark.slow
def test_systemd_understands_the_units(tmp_path):
    if (program := shutil.which("systemd-analyze")) is None:
        pytest.skip("systemd-analyze is not installed")
    units = shutil.copytree(DEPLOY / "systemd", tmp_path / "units")
    for unit in units.glob("*.service"):
        unit.write_text(unit.read_text().replace("/srv/anywork/.venv/bin", str(Path(sys.executable).parent)))

    done = subprocess.run(
        [program, "verify", *sorted(units.glob("*.service"))], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.slow
def test_web_server_needs_no_rights_and_writes_nothing_but_to_tmp(transactional_db, tmp_path):
    if shutil.which("unshare") is None or subprocess.run(["unshare", "--mount", "true"], check=False).returncode:
        pytest.skip("only root can mount, with unshare")
    port, tmp = free_port(), tmp_path / "tmp"
    tmp.mkdir()
    environment = {
        "BIND": f"127.0.0.1:{port}",
        "WEB_CONCURRENCY": "1",
        "TMPDIR": str(tmp),
        "MEDIA_ROOT": str(tmp / "media"),
        "SECURE_SSL_REDIRECT": "off",
    }
    web = Program(
        *("gunicorn", "anywork.wsgi"),
        launcher=("unshare", "--mount", "sh", "-c", READ_ONLY, "sh"),
        log=tmp_path / "web.log",
        environment=environment,
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            wait_for(lambda: is_up(client), "the web server")
            checks = client.get("/readyz").json()["checks"]
            jobs = client.get("/api/jobs/").json()
        capabilities = Path(f"/proc/{web.pid}/status").read_text()
    finally:
        web.stop()

    assert (checks["database"], checks["media"], jobs["count"]) == ("ok", "ok", 0)
    assert "CapEff:\t0000000000000000" in capabilities
