"""Methods in words."""

from dataclasses import replace

from hcs.report.facts import ReportFacts
from hcs.report.study.methods import methods_section


def test_methods_word_the_search_the_draw_and_the_scheme(neurons: ReportFacts) -> None:
    """Settings that are more than a number stand in sentences."""
    config = {name: dict(part) for name, part in neurons.record["config"].items()}
    config["tuning"] = {"sampler": "tpe", "trials": 20, "learning_rate": [1e-4, 1e-2], "momentum": [0.7, 1.0]}
    config["data"] = {"images_per_clone": 225}
    config["splits"] = dict(config.get("splits", {})) | {"scheme": "leave-one-batch-out"}
    record = dict(neurons.record) | {"config": config, "arithmetic": "The frozen network ran in float32."}
    text = " ".join(methods_section(replace(neurons, record=record)).paragraphs)
    assert "(tpe, 20 trials) on the accuracy of its validation tiles" in text
    assert "225 tiles were drawn from every clone" in text
    assert "Sets leave one batch out at a time" in text
    assert "The frozen network ran in float32." in text
