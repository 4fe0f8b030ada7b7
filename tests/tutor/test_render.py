"""What the plugin writes into a platform's files, as the real Tutor renders them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.tutor.conftest import PLUGIN, ROOT, Tutor

MODULES = [
    f"apps/openedx/settings/{service}/{mode}.py" for service in ("lms", "cms") for mode in ("production", "development")
]


def keys_of(tutor: Tutor, service: str) -> list[str]:
    """The keys that a service reads."""
    return tutor.yaml(f"apps/openedx/config/{service}.env.yml")["ZOOM_XBLOCK_ENCRYPTION_KEYS"]


def cron_jobs(tutor: Tutor) -> list[dict[str, Any]]:
    """Every CronJob of the cluster."""
    return [one for one in tutor.manifests("k8s/deployments.yml") if one["kind"] == "CronJob"]


def deployment(tutor: Tutor, name: str) -> dict[str, Any]:
    """The pod of one of Tutor's own deployments."""
    deployments = {
        one["metadata"]["name"]: one for one in tutor.manifests("k8s/deployments.yml") if one["kind"] == "Deployment"
    }
    return deployments[name]["spec"]["template"]["spec"]


def requirement_lines(tutor: Tutor, stage: str = "python-requirements") -> list[str]:
    """What is installed by our patch in a stage of the image, each line as pip gets it."""
    dockerfile = tutor.text("build/openedx/Dockerfile")
    after = dockerfile.split(f" AS {stage}\n", 1)[1]
    return re.findall(r"\$\{PIP_COMMAND:-pip\} install '([^']+)'", re.split(r"^FROM ", after, flags=re.MULTILINE)[0])


def test_the_plugin_is_listed_as_enabled(tutor):
    listed = [line.split() for line in tutor.run("plugins", "list").splitlines()]
    assert [line[-1] for line in listed if line[0] == PLUGIN and "enabled" in line] == ["0.1.0"]


def test_the_image_installs_the_requirement_once(tutor):
    assert requirement_lines(tutor) == ["zoom-xblock"]
    assert tutor.text("build/openedx/Dockerfile").count("'zoom-xblock'") == 1


def test_both_services_get_the_same_key_which_the_configuration_keeps(tutor):
    (key,) = tutor.config()["ZOOM_XBLOCK_ENCRYPTION_KEYS"]
    assert re.fullmatch(r"\w{32}", key)
    assert keys_of(tutor, "lms") == keys_of(tutor, "cms") == [key]


def test_no_file_but_the_two_secret_ones_carries_the_key(tutor):
    (key,) = tutor.config()["ZOOM_XBLOCK_ENCRYPTION_KEYS"]
    assert [path for path, text in tutor.files().items() if key in text] == [
        "apps/openedx/config/cms.env.yml",
        "apps/openedx/config/lms.env.yml",
    ]


@pytest.mark.parametrize("module", MODULES)
def test_settings_of_both_services_name_the_queue_and_leave_the_rest_to_the_product(tutor, module):
    assert tutor.settings(module) == {"ZOOM_XBLOCK_LMS_QUEUE": "edx.lms.core.default"}


def test_the_queue_is_one_that_tutors_lms_worker_consumes(tutor):
    command = tutor.yaml("local/docker-compose.prod.yml")["services"]["lms-worker"]["command"]
    queues = next(part for part in command if part.startswith("--queues=")).removeprefix("--queues=").split(",")
    assert tutor.settings(MODULES[0])["ZOOM_XBLOCK_LMS_QUEUE"] in queues


def test_everything_that_is_set_is_read_by_the_product(mine):
    mine.save(ZOOM_XBLOCK_SITE_URL="https://courses.example.edu")
    read = set(re.findall(r"setting_name: (\w+)", (ROOT / "zoom_xblock" / "conf.py").read_text(encoding="utf-8")))
    written = {"ZOOM_XBLOCK_ENCRYPTION_KEYS", *mine.settings(MODULES[0])}
    assert len(written) == 3
    assert written <= read


def test_kubernetes_sweeps_every_minute_one_at_a_time_and_not_for_long(tutor):
    (cron_job,) = cron_jobs(tutor)
    spec, job = cron_job["spec"], cron_job["spec"]["jobTemplate"]["spec"]
    assert spec["schedule"] == "*/1 * * * *"
    assert spec["concurrencyPolicy"] == "Forbid"
    assert spec["startingDeadlineSeconds"] >= 10  # below, Kubernetes may never start it
    assert (job["activeDeadlineSeconds"], job["backoffLimit"]) == (120, 0)
    assert job["template"]["spec"]["restartPolicy"] == "Never"
    (container,) = job["template"]["spec"]["containers"]
    assert container["args"] == ["./manage.py", "lms", "zoom_sweep"]


def test_kubernetes_sweeps_in_a_pod_like_that_of_the_lms_worker(tutor):
    (cron_job,) = cron_jobs(tutor)
    ours, worker = cron_job["spec"]["jobTemplate"]["spec"]["template"]["spec"], deployment(tutor, "lms-worker")
    assert ours["volumes"] == worker["volumes"]
    assert ours["securityContext"] == worker["securityContext"]
    for part in ("image", "env", "volumeMounts", "securityContext"):
        assert ours["containers"][0][part] == worker["containers"][0][part]


def test_the_cron_job_is_started_with_the_platform(tutor):
    """`tutor k8s start` leaves out what is labelled as a job; `tutor k8s do` drops from jobs.yml what is no Job."""
    (cron_job,) = cron_jobs(tutor)
    assert "app.kubernetes.io/component" not in cron_job["metadata"]["labels"]
    assert {one["kind"] for one in tutor.manifests("k8s/jobs.yml")} == {"Job"}


def test_compose_sweeps_in_a_service_like_the_lms_worker(tutor):
    ours = tutor.yaml("local/docker-compose.yml")["services"]["zoom-sweep"]
    worker = tutor.yaml("local/docker-compose.prod.yml")["services"]["lms-worker"]
    assert ours["image"] == worker["image"]
    assert ours["environment"] == worker["environment"]
    assert [mount.split(":")[:2] for mount in ours["volumes"]] == [mount.split(":")[:2] for mount in worker["volumes"]]
    assert ours["depends_on"] == ["lms"]


def test_compose_restarts_the_service_and_can_stop_it(tutor):
    ours = tutor.yaml("local/docker-compose.yml")["services"]["zoom-sweep"]
    assert ours["restart"] == "unless-stopped"
    assert ours["init"] is True
    assert "$" not in str(ours["command"])  # compose would put its own variables there


def test_development_sweeps_with_its_own_image_and_settings(tutor):
    services = tutor.yaml("dev/docker-compose.yml")["services"]
    assert services["zoom-sweep"]["image"] == services["lms"]["image"]
    assert services["zoom-sweep"]["environment"] == services["lms"]["environment"]
    assert "ports" not in services["zoom-sweep"]


def test_saving_again_changes_nothing(mine):
    before = mine.config(), mine.files()
    mine.save()
    assert (mine.config(), mine.files()) == before


def test_disabling_removes_everything_but_the_key(mine):
    before = mine.config()["ZOOM_XBLOCK_ENCRYPTION_KEYS"]
    mine.run("plugins", "disable", PLUGIN)
    # By whole names: Tutor's long random keys hold any four letters now and then.
    ours = re.compile(r"zoom[_-](?:xblock|sweep)", re.IGNORECASE)
    assert [path for path, text in mine.files().items() if ours.search(text)] == []
    mine.run("plugins", "enable", PLUGIN)
    mine.save()
    assert keys_of(mine, "lms") == keys_of(mine, "cms") == before


def test_what_the_operator_sets_is_what_is_rendered(mine):
    mine.save(
        ZOOM_XBLOCK_REQUIREMENT="git+https://git.example.edu/zoom-xblock.git@v0.1.0",
        ZOOM_XBLOCK_ENCRYPTION_KEYS=["new $key", 'old "key"'],
        ZOOM_XBLOCK_SITE_URL="https://courses.example.edu",
        ZOOM_XBLOCK_LMS_QUEUE="",
        ZOOM_XBLOCK_SWEEP_MINUTES=5,
        MOUNTS=["openedx:/srv/zoom-xblock:/mnt/zoom-xblock"],
    )
    assert requirement_lines(mine) == ["git+https://git.example.edu/zoom-xblock.git@v0.1.0"]
    assert keys_of(mine, "lms") == keys_of(mine, "cms") == ["new $key", 'old "key"']
    for module in MODULES:
        assert mine.settings(module) == {"ZOOM_XBLOCK_SITE_URL": "https://courses.example.edu"}
    assert cron_jobs(mine)[0]["spec"]["schedule"] == "*/5 * * * *"
    ours = mine.yaml("local/docker-compose.yml")["services"]["zoom-sweep"]
    assert "while sleep 300;" in ours["command"][-1]
    assert "/srv/zoom-xblock:/mnt/zoom-xblock" in ours["volumes"]


def test_what_the_operator_leaves_empty_is_left_out(mine):
    mine.save(
        ZOOM_XBLOCK_REQUIREMENT="",
        ZOOM_XBLOCK_ENCRYPTION_KEYS="a key that is no list",
        ZOOM_XBLOCK_SWEEP_MINUTES=0,
    )
    assert requirement_lines(mine) == []
    assert keys_of(mine, "lms") == keys_of(mine, "cms") == ["a key that is no list"]
    assert cron_jobs(mine) == []
    for path in ("local/docker-compose.yml", "dev/docker-compose.yml"):
        assert "zoom-sweep" not in mine.yaml(path)["services"]
