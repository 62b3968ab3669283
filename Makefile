# The front door: meson and ninja do the building, tools/ the rest.
#   make run     install what is missing, build, load the demo province, serve it on 127.0.0.1:8080
#   make check   build and run every test; the last line is 'N passed, N failed'
#   make build   leaves build/tongban          make bench   prints the benchmark table
#   make fmt     clang-format over src, test and bench
# PORT=… and DATA=… override where run serves and keeps its data.
PORT ?= 8080
DATA ?= data
BUILD ?= build

.PHONY: run check build bench fmt lint deps web sanitize
.DEFAULT_GOAL := build

deps:
	@tools/deps

$(BUILD)/build.ninja: | deps
	@meson setup $(BUILD) >/dev/null

build: deps $(BUILD)/build.ninja
	@ninja -C $(BUILD) --quiet
	@ln -sf src/cli/tongban $(BUILD)/tongban

web: deps
	@tools/web

run: build web
	@PORT=$(PORT) DATA=$(DATA) tools/run $(BUILD)

check: build web
	@tools/check

bench: build web
	@tools/bench

sanitize: deps
	@[ -f $(BUILD)-asan/build.ninja ] || meson setup $(BUILD)-asan -Db_sanitize=address,undefined -Db_lundef=false >/dev/null
	@ninja -C $(BUILD)-asan --quiet
	@ln -sf src/cli/tongban $(BUILD)-asan/tongban
	@BUILD=$(BUILD)-asan tools/check --unit

lint:
	@tools/tidy

fmt:
	@git ls-files 'src/*.[ch]' 'test/*.[ch]' 'bench/*.[ch]' | xargs clang-format -i
