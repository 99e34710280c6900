"""Published datasets: who made them, where they lie, how their bytes are checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["requests", "rates", "benchmark"]

_RAW = "https://raw.githubusercontent.com"
_TREES = "https://api.github.com/repos"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """
    One published dataset at a fixed commit of its publisher's repository.

    Args:
        name: Name used in scenarios and on the command line.
        title: One line for people.
        kind: "requests", "rates" or "benchmark".
        licence: As the publisher states it.
        citation: Work to cite.
        repository: owner/name.
        commit: Commit the paths are taken from.
        paths: Files fetched; for ServeGen the folder whose traces are fetched.
        copy: Reduced copy inside `NAMEPLATE_DATA_DIR`.
        text_sha256: SHA-256 of the text, line ends as LF and none at the end, so that
            it holds whatever line ends a mirror uses. None: not known beforehand.
        unpullable: Why the file is not downloaded; empty where it is.
    """

    name: str
    title: str
    kind: Kind
    licence: str
    citation: str
    repository: str
    commit: str
    paths: tuple[str, ...]
    copy: str
    text_sha256: str | None = None
    unpullable: str = ""

    @property
    def source(self) -> str:
        """Address of the publisher's repository at the commit."""
        return f"https://github.com/{self.repository}/tree/{self.commit}"

    @property
    def tree_url(self) -> str:
        """Address of the list of files at the commit."""
        return f"{_TREES}/{self.repository}/git/trees/{self.commit}?recursive=1"

    def raw_url(self, path: str) -> str:
        """Address of one file's bytes at the commit."""
        return f"{_RAW}/{self.repository}/{self.commit}/{path}"


_AZURE = {
    "kind": "requests",
    "licence": "CC-BY-4.0",
    "citation": "Patel et al., Splitwise, ISCA 2024 (Microsoft Azure)",
    "repository": "Azure/AzurePublicDataset",
    "commit": "b469a113cedca53ddc3bdea71a143dc4b7d8700c",
}
_SERVEGEN = {
    "kind": "rates",
    "licence": "Apache-2.0",
    "citation": "Xiang et al., ServeGen, NSDI 2026 (Alibaba Cloud)",
    "repository": "alibaba/ServeGen",
    "commit": "f891d1189eb32b3868dfc443800c4150548c282a",
}

_NODE_LOGS = (
    "the publisher has one log per node and run, hundreds of files that have to be "
    "joined, so Nameplate does not download them; point NAMEPLATE_DATA_DIR at a folder "
    "that has {what} as {copy}"
)


def _training_power(
    name: str, title: str, copy: str, *, version: str, by: str, commit: str
) -> Published:
    """Server power during MLPerf Training: node logs of one run joined to a table."""
    beside = " (and its _events.csv.gz)" if copy.endswith("_node_power.csv.gz") else ""
    return Published(
        name=name, title=title, kind="benchmark", licence="Apache-2.0",
        citation=f"MLCommons, MLPerf Training {version} results, power logs of {by}",
        repository=f"mlcommons/training_results_{version}", commit=commit, paths=(),
        copy=copy,
        unpullable=_NODE_LOGS.format(what="the joined table" + beside, copy=copy),
    )  # fmt: skip


_H100 = {
    "version": "v4.0",
    "by": "Sustainable Metal Cloud",
    "commit": "6fe954378efe4a1a1bd665550b18ff8f26018def",
}
TRAINING_POWER: tuple[Published, ...] = (
    *(
        _training_power(
            f"mlperf-train-{name}",
            f"MLPerf Training v4.0: power of {nodes} x 8 H100 every 2 s, {job}",
            f"mlperf_train_power_h100/{stem}_node_power.csv.gz",
            **_H100,
        )
        for name, nodes, job, stem in (
            ("gpt3-64", 64, "GPT-3 175B", "gpt3_64node_run1"),
            ("lora-64-a", 64, "Llama 2 70B LoRA, run A", "llama2lora_64node_runA"),
            ("lora-64-b", 64, "Llama 2 70B LoRA, run B", "llama2lora_64node_runB"),
            ("lora-8", 8, "Llama 2 70B LoRA", "llama2lora_8node_runA"),
            ("lora-1", 1, "Llama 2 70B LoRA", "llama2lora_1node_runA"),
        )
    ),
    _training_power(
        "mlperf-train-b200",
        "MLPerf Training v5.0: power of 8 B200 every 1 s, three jobs of three runs",
        "mlperf_train_power_b200/b200_8gpu_node_power.csv.gz",
        version="v5.0",
        by="Lenovo",
        commit="0fdc28f013256aea84fa36fdaf1e0fa46094b18c",
    ),
)

PUBLISHED: tuple[Published, ...] = (
    Published(
        name="azure-llm-2023-conv",
        title="Azure LLM inference trace 2023, conversation: 19,366 requests, 58 min",
        paths=("data/AzureLLMInferenceTrace_conv.csv",),
        copy="azure_llm_2023/azure_llm_2023_conv.csv.gz",
        text_sha256="be1f42e58b67bd9dd19681e7cba0c1d79ef83bd99669322ec5b439acb7360035",
        **_AZURE,  # type: ignore[arg-type]
    ),
    Published(
        name="azure-llm-2023-code",
        title="Azure LLM inference trace 2023, code completion: 8,819 requests, 57 min",
        paths=("data/AzureLLMInferenceTrace_code.csv",),
        copy="azure_llm_2023/azure_llm_2023_code.csv.gz",
        text_sha256="f52ab08fbecc4c765b9ef424bb4d80b041ad8b789b6f96b9c2979ac72037e9ff",
        **_AZURE,  # type: ignore[arg-type]
    ),
    Published(
        name="servegen-m-large",
        title="ServeGen m-large: request rates of 14 days in 10-minute windows",
        paths=("data/language/m-large",),
        copy="servegen_rates/m-large_total_rate_10min.csv.gz",
        **_SERVEGEN,  # type: ignore[arg-type]
    ),
    Published(
        name="servegen-m-small",
        title="ServeGen m-small: request rates of 14 days in 10-minute windows",
        paths=("data/language/m-small",),
        copy="servegen_rates/m-small_total_rate_10min.csv.gz",
        **_SERVEGEN,  # type: ignore[arg-type]
    ),
    Published(
        name="splitwise-perf-power",
        title="Splitwise: prefill and decode time and power on A100 and H100",
        kind="benchmark",
        licence="MIT",
        citation="Patel et al., Splitwise, ISCA 2024",
        repository="Mutinifni/splitwise-sim",
        commit="8f99e7dc9b407f4ce2488d03dd44c0b8b946dab0",
        paths=("data/perf_model.csv",),
        copy="splitwise_perf_power/perf_model.csv.gz",
        text_sha256="55f7eb36abaf09da393927d1c0f0a905186349aaec9bd6ea55f7664e6a5068cc",
    ),
    Published(
        name="mlenergy-v3",
        title="ML.ENERGY benchmark v3: LLM serving power and speed on H100 and B200",
        kind="benchmark",
        licence="Apache-2.0 (ML.ENERGY Benchmark v3 dataset)",
        citation="Chung et al., The ML.ENERGY Benchmark, NeurIPS D&B 2025",
        repository="ml-energy/leaderboard",
        commit="0cd52dab897c5d91a45f4d413038f3b8b4251b0f",
        paths=tuple(
            f"public/data/tasks/{task}.json"
            for task in ("gpqa", "lm-arena-chat", "sourcegraph-fim")
        ),
        copy="mlenergy_v3/mlenergy_v3_llm.csv.gz",
    ),
    Published(
        name="acme-power-cdf",
        title="Acme (Shanghai AI Lab): distributions of GPU and server power",
        kind="benchmark",
        licence="CC-BY-4.0",
        citation="Hu et al., Acme, NSDI 2024",
        repository="InternLM/AcmeTrace",
        commit="6d6ac9cd15f3b01151ac6ba00ecddd9156f0dc73",
        paths=(),
        copy="acme_power_cdf/acme_cdf.csv.gz",
        unpullable=(
            "the publisher offers it as Python pickle files, which run code when they "
            "are opened, so Nameplate does not download them; point NAMEPLATE_DATA_DIR "
            "at a folder that has it as acme_power_cdf/acme_cdf.csv.gz"
        ),
    ),
    *TRAINING_POWER,
)

BY_NAME = {entry.name: entry for entry in PUBLISHED}
