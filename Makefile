# What a newcomer types. Each target first installs what it needs on a bare Debian 12 (as root, package registries only).
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup demo stop test check golden lock

PROFILE ?=
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# The first `voicectl --help` is as quick as the hundredth, and the system's Python serves.
export UV_COMPILE_BYTECODE := 1
export UV_PYTHON_DOWNLOADS := never
# Whom the tests call with: SIPp and baresip as foreign phones, flite as a voice. What else they need: espeak-ng, the
# agent's last voice; a compiler for the library that stands in for NVIDIA's; zstd, in which Ollama packs its releases.
TEST_PACKAGES := sip-tester baresip-core flite sox espeak-ng gcc libc6-dev zstd
, := ,
# The demo's caller asks in words that the script does not contain, beyond it, and in the script's own; the last question
# cuts the agent short.
OPEN := "From Monday to Friday we open at eight in the morning, and we close at six in the evening"
step = printf '\n\033[1m== %s\033[0m\n' "$(1)" >&2

help: ## This list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: ## Python, uv and the project's environment
	@command -v uv >/dev/null || { \
	  echo "installing Python and uv" >&2; \
	  apt-get update -qq; \
	  DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends python3-venv ca-certificates >/dev/null; \
	  python3 -m venv /usr/local/lib/uv; \
	  /usr/local/lib/uv/bin/pip install --quiet uv; \
	  ln -sf /usr/local/lib/uv/bin/uv /usr/local/bin/uv; \
	}
	@uv sync --quiet --frozen

demo: setup ## From a bare machine to a conversation on the phone (PROFILE=cpu: with a language model)
	@$(call step,voicectl doctor: what is this machine?)
	@voicectl doctor
	@$(call step,voicectl plan: which models$(,) and why?)
	@voicectl plan $(if $(PROFILE),--profile $(PROFILE))
	@$(call step,voicectl models fetch: bring them here$(,) and check them)
	@voicectl models fetch
	@$(call step,voicectl deploy: render$(,) apply$(,) place a test call)
	@voicectl deploy --yes
	@$(call step,voicectl call: a conversation)
	@voicectl call \
	  "until what time could I drop by this evening" --expect $(OPEN) \
	  "how do volcanoes erupt" --expect $(if $(filter cpu,$(PROFILE)),"re:\w+","I did not understand that") \
	  "do you treat children" --expect "we love to see children" \
	  "what are your opening hours" --expect $(OPEN) --interrupt-after 2000
	@$(call step,voicectl status: the agent is left running)
	@voicectl status

stop: setup ## Take the demo's agent down
	@voicectl stop --yes

test: setup ## Everything, the calls through a real Asterisk among it
	@dpkg -s $(TEST_PACKAGES) >/dev/null 2>&1 || { \
	  apt-get update -qq; \
	  DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends $(TEST_PACKAGES) >/dev/null; \
	}
	pytest -q -n 2 -m "not wire"
	pytest -q -m wire

check: setup ## Style and types
	ruff check
	ruff format --check
	mypy

golden: setup ## Write the golden files anew; review the difference like code
	pytest -q tests/render --update-golden

lock: setup ## Resolve the dependencies anew, for the project and for the services' environments
	uv lock --upgrade
	for extra in orchestrator stt tts supervisor; do \
	  uv export --quiet --frozen --no-emit-project --package voicectl-runtime --extra $$extra -o runtime/locks/$$extra.txt; \
	done
