# SPDX-License-Identifier: BSD-2-Clause
# make help lists the targets. V=1 shows the commands. SAN=address,undefined builds with sanitizers
# into build/san. SKIP_BPF=1 builds the analyzer alone.
# ARCH=arm64 CROSS=aarch64-linux-gnu- builds for another processor, into build/arm64.

VERSION := 0.1.0
PREFIX  ?= /usr/local
DESTDIR ?=

host_arch := $(patsubst aarch64,arm64,$(shell uname -m))
ARCH      ?= $(host_arch)
CROSS     ?=
ifneq ($(CROSS),)
CC        := $(CROSS)gcc
AR        := $(CROSS)ar
endif
CC        ?= gcc
CLANG     ?= clang
BPFTOOL   ?= $(firstword $(wildcard /usr/sbin/bpftool /sbin/bpftool) bpftool)
LLVM_STRIP ?= llvm-strip
PYTHON    ?= python3

SKIP_BPF ?=

SAN   ?=
TOP   := build$(if $(filter-out $(host_arch),$(ARCH)),/$(ARCH))
BUILD := $(TOP)$(if $(SAN),/san)
Q     := $(if $(V),,@)
# Nothing is said under make -s: the short options stand together, in the first word of MAKEFLAGS.
SILENT := $(findstring s,$(firstword -$(MAKEFLAGS)))
say    = $(if $(V)$(SILENT),,@printf '  %-8s %s\n' '$(1)' '$(2)')

# With sanitizers -O2 takes two thirds longer than -O1, and they look at the same.
CFLAGS ?= $(if $(SAN),-O1,-O2) -g
# Warnings are errors with the compiler of Debian 12; others see other things, some of which aren't.
WERROR ?= $(filter 12%,$(shell $(CC) -dumpversion))
WARN   := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla \
          -Wimplicit-fallthrough $(if $(WERROR),-Werror)
# Between what sanitizers put in, GCC sees accesses that there are not.
WARN   += $(if $(SAN),-Wno-array-bounds -Wno-stringop-overread)
BASE   := -std=gnu11 -I. -I$(BUILD) -D_GNU_SOURCE -DSOCKTAPE_VERSION='"$(VERSION)"' -fno-common
# What is printed is the same on every processor: none adds and multiplies in one, without rounding.
BASE   += -ffp-contract=off
BASE   += $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)

# Both programs read what others wrote, one of them as root. Fortified are optimised builds alone,
# and those whose sanitizers would not see the checks' own calls.
OPTIMISED := $(filter-out -O0,$(filter -O%,$(CFLAGS)))
# Position independent for the library, too; what isn't exported is as fast as in a program.
HARDEN := -fstack-protector-strong -fPIC -fvisibility=hidden \
          $(if $(SAN),,$(if $(OPTIMISED),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3))
HARDEN_LD := -pie -Wl,-z,relro -Wl,-z,now

# What GCC does of itself takes up to a tenth of the analyzer's time: it copies two members at once
# that were stored one by one a moment before, and waits for its own stores; and it clears a small
# structure with an instruction that is slow to begin.
SMALL := unrolled_loop:512:noalign,libcall:-1:noalign
TUNE  := $(if $(findstring clang,$(notdir $(CC))),,-fno-tree-slp-vectorize \
         $(if $(filter x86_64,$(ARCH)),-mmemset-strategy=$(SMALL) -mmemcpy-strategy=$(SMALL)))

ALL_CFLAGS  = $(BASE) $(WARN) $(HARDEN) $(TUNE) $(CFLAGS) -MMD -MP
ALL_LDFLAGS = $(HARDEN_LD) $(LDFLAGS) $(if $(SAN),-fsanitize=$(SAN))

FORMAT_SRC    := $(wildcard format/*.c)
PROTOCOLS_SRC := $(wildcard protocols/*.c protocols/*/*.c)
EXTENSION_SRC := $(wildcard analyze/extension/*.c)
ANALYZE_SRC   := $(filter-out $(EXTENSION_SRC),$(wildcard analyze/*.c analyze/*/*.c))
RECORD_SRC    := $(wildcard record/*.c)
BPF_SRC       := $(wildcard bpf/*.bpf.c)
UNIT_SRC      := $(filter-out $(if $(SKIP_BPF),tests/unit/record_%),$(wildcard tests/unit/*_test.c))
FUZZ_SRC      := $(wildcard tests/fuzz/*_fuzz.c)
LIVE_SRC      := $(wildcard tests/live/*.c)
BENCH_SRC     := $(wildcard tools/bench/*.c)
CAPTURES_SRC  := $(wildcard tests/captures/*.c)

obj = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))

# What every event and every row goes through, and what has no input in arrays of its own: guarded
# where there are bytes on the stack. The strong form guards whatever has its address taken, too,
# which was two of a hundred instructions.
HOT_SRC := format/decode.c format/reader.c format/recording.c $(wildcard protocols/engine/*.c analyze/replay/*.c analyze/output/*.c)
$(call obj,$(HOT_SRC)): HARDEN += -fstack-protector

FORMAT_LIBS    := -lzstd -lz -lpthread
PROTOCOLS_LIBS := -lbrotlidec -lsnappy -llz4 -lcrypto
RECORD_LIBS    := -lbpf -lelf

PROGRAMS := $(BUILD)/socktape $(if $(SAN),,$(BUILD)/libsocktape.so) $(if $(SKIP_BPF),,$(if $(RECORD_SRC),$(BUILD)/socktape-record))

.PHONY: all
all: $(PROGRAMS) ## both programs, and SQLite's extension, into build/

# Everything is compiled anew when the compiler or its flags are others than the last time.
FLAGS := $(CC) $(ALL_CFLAGS)
$(shell mkdir -p $(BUILD) && echo '$(subst ','\'',$(FLAGS))' | cmp -s - $(BUILD)/flags || \
	echo '$(subst ','\'',$(FLAGS))' > $(BUILD)/flags)

$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -c $< -o $@

# It takes these files as they are (.incbin), with no line that a compiler could see.
REPORT_ASSETS := analyze/report/report.css analyze/report/report.js
$(BUILD)/obj/analyze/report/assets.o: $(REPORT_ASSETS)

define archive
$(BUILD)/lib$(1).a: $$(call obj,$$($(2)))
	$$(call say,AR,$$@)
	@mkdir -p $$(@D)
	$$(Q)rm -f $$@ && $$(AR) rcs $$@ $$^
endef
$(eval $(call archive,format,FORMAT_SRC))
$(eval $(call archive,protocols,PROTOCOLS_SRC))
ANALYZE_PARTS_SRC := $(filter-out analyze/main.c,$(ANALYZE_SRC))
$(eval $(call archive,analyze,ANALYZE_PARTS_SRC))
RECORD_PARTS_SRC := $(filter-out record/main.c,$(RECORD_SRC))
$(eval $(call archive,record,RECORD_PARTS_SRC))

ANALYZE_ARCHIVES := $(BUILD)/libanalyze.a $(BUILD)/libprotocols.a $(BUILD)/libformat.a
ANALYZE_LIBS     := -lsqlite3 -ledit -lpcre2-8 -lutf8proc
ALL_ANALYZE_LIBS := $(ANALYZE_LIBS) $(PROTOCOLS_LIBS) $(FORMAT_LIBS) -lm

$(BUILD)/socktape: $(call obj,analyze/main.c) $(ANALYZE_ARCHIVES)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(ALL_ANALYZE_LIBS)

# The tables of recordings for programs that use SQLite.
$(BUILD)/libsocktape.so: $(call obj,$(EXTENSION_SRC)) $(ANALYZE_ARCHIVES)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(filter-out -pie,$(ALL_LDFLAGS)) -shared -o $@ $^ $(ALL_ANALYZE_LIBS)

$(BUILD)/socktape-record: $(call obj,record/main.c) $(BUILD)/librecord.a $(BUILD)/libformat.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(RECORD_LIBS) $(FORMAT_LIBS)

# ---- kernel programs: never built with sanitizers, one skeleton header each ----

$(TOP)/bpf/%.bpf.o: bpf/%.bpf.c $(wildcard bpf/*.[ch]) format/numbers.h
	$(call say,BPF,$<)
	@mkdir -p $(@D)
	$(Q)$(CLANG) -O2 -g -target bpf -D__TARGET_ARCH_$(ARCH:x86_64=x86) -I. -Wall -Werror \
		-Wno-missing-declarations -c $< -o $@.tmp && $(LLVM_STRIP) -g $@.tmp && mv $@.tmp $@

$(TOP)/bpf/%.skel.h: $(TOP)/bpf/%.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $(subst -,_,$*)_bpf > $@.tmp && mv $@.tmp $@

BPF_SKELS := $(patsubst bpf/%.bpf.c,$(TOP)/bpf/%.skel.h,$(BPF_SRC))
$(call obj,$(RECORD_SRC)): | $(BPF_SKELS)
$(call obj,$(RECORD_SRC)): BASE += -I$(TOP)/bpf
.SECONDARY: $(BPF_SKELS) $(patsubst bpf/%.bpf.c,$(TOP)/bpf/%.bpf.o,$(BPF_SRC))

# ---- tests ----

UNIT_BIN := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(UNIT_SRC))
LIVE_BIN := $(patsubst tests/live/%.c,$(BUILD)/tests/live/%,$(LIVE_SRC))
BENCH_BIN := $(patsubst tools/bench/%.c,$(BUILD)/tools/bench/%,$(BENCH_SRC))
CAPTURES_BIN := $(patsubst tests/captures/%.c,$(BUILD)/tests/captures/%,$(CAPTURES_SRC))

# Tests of the recorder's user space are named record_*; the others link the analyzer.
$(BUILD)/tests/unit/record_%: $(BUILD)/obj/tests/unit/record_%.o $(BUILD)/libunit.a $(BUILD)/librecord.a $(BUILD)/libformat.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ -lcmocka $(RECORD_LIBS) $(FORMAT_LIBS)

# Others' encoders, to hold our decoders against.
$(BUILD)/tests/unit/tls_% $(BUILD)/tests/unit/replay_tls_% $(BUILD)/tests/unit/pcapng_tls_%: ORACLE_LIBS := -lssl
$(BUILD)/tests/unit/http2_%: ORACLE_LIBS := -lnghttp2

# What several of them use stands beside them.
UNIT_HELPERS_SRC := $(filter-out %_test.c,$(wildcard tests/unit/*.c))
$(eval $(call archive,unit,UNIT_HELPERS_SRC))

$(BUILD)/tests/unit/%: $(BUILD)/obj/tests/unit/%.o $(BUILD)/libunit.a $(ANALYZE_ARCHIVES)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ -lcmocka $(ORACLE_LIBS) $(ALL_ANALYZE_LIBS)

$(BUILD)/tests/live/%: tests/live/%.c
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< -luring -lpthread

define link_analyzer
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(ALL_ANALYZE_LIBS)
endef

$(BUILD)/tools/bench/%: $(BUILD)/obj/tools/bench/%.o $(ANALYZE_ARCHIVES)
	$(link_analyzer)

$(BUILD)/tests/captures/%: $(BUILD)/obj/tests/captures/%.o $(ANALYZE_ARCHIVES)
	$(link_analyzer)

# Chains of implicit rules would delete these after each link, and compile all of them the next time.
# The pattern has to be that of the rule which makes them.
.PRECIOUS: $(BUILD)/obj/%.o

.PHONY: tests
tests: all $(UNIT_BIN) $(LIVE_BIN) $(CAPTURES_BIN) ## build the test programs

# The unit tests with sanitizers: all but the kernel programs is built with them.
.PHONY: sanitize-tests
sanitize-tests: $(UNIT_BIN)

.PHONY: check
check: tests ## run every test (the packages must be there: tools/install-deps)
	$(Q)tests/run

# ---- fuzzing: clang's libFuzzer with ASan and UBSan, everything compiled for it ----

FUZZ_BUILD := build/fuzz
FUZZ_FLAGS := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -O1 -g
FUZZ_OBJ   := $(patsubst %.c,$(FUZZ_BUILD)/%.o,$(FORMAT_SRC) $(PROTOCOLS_SRC) $(ANALYZE_PARTS_SRC) \
              $(filter-out %_fuzz.c,$(wildcard tests/fuzz/*.c)))
FUZZ_BIN   := $(patsubst tests/fuzz/%.c,$(FUZZ_BUILD)/%,$(FUZZ_SRC))

$(FUZZ_BUILD)/%.o: %.c
	$(call say,FUZZ-CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BASE) $(FUZZ_FLAGS) -MMD -MP -c $< -o $@

$(FUZZ_BUILD)/analyze/report/assets.o: $(REPORT_ASSETS)

$(FUZZ_BUILD)/libfuzzed.a: $(FUZZ_OBJ)
	$(Q)rm -f $@ && ar rcs $@ $^

$(FUZZ_BUILD)/%_fuzz: $(FUZZ_BUILD)/tests/fuzz/%_fuzz.o $(FUZZ_BUILD)/libfuzzed.a
	$(call say,FUZZ-LD,$@)
	$(Q)$(CLANG) -fsanitize=fuzzer,address,undefined -o $@ $^ $(ALL_ANALYZE_LIBS)

.PHONY: fuzz-build
fuzz-build: $(FUZZ_BIN) ## build the fuzz targets

FUZZ_SECONDS ?= 60
.PHONY: fuzz
fuzz: fuzz-build ## run each fuzz target for FUZZ_SECONDS (60)
	$(Q)tests/fuzz/run $(FUZZ_SECONDS)

# ---- the rest ----

.PHONY: demo
demo: all ## record real servers and clients on loopback, and show the recording
	$(Q)tools/demo

.PHONY: kernels
kernels: tests ## boot every kernel of tests/kernels and print the table of README
	$(Q)tests/run kernels-all
	$(Q)tests/kernels/table

.PHONY: bench
bench: all $(BENCH_BIN) ## measure, as ratios of medians in one interleaved run; tools/bench/run for parts
	$(Q)tools/bench/run

ATTACKS_SCALE  ?= 1
ATTACKS_MEMORY ?= 32 256
SOAK_MINUTES ?= 30
SOAK_ROUNDS  ?= 100
.PHONY: soak
soak: all ## half an hour of TLS under load with probes, then attaching and detaching 100 times; as root
	$(Q)SOAK_MINUTES=$(SOAK_MINUTES) SOAK_ROUNDS=$(SOAK_ROUNDS) bash tests/live/tls_soak.sh

.PHONY: attacks
attacks: all ## what --memory holds against all that is known to ask for more, as a table
	$(Q)dir=$$(mktemp -d "$${TMPDIR:-/var/tmp}/attacks.XXXXXX"); trap 'rm -rf "$$dir"' EXIT; \
		$(PYTHON) tests/e2e/attacks.py $(abspath $(BUILD)/socktape) "$$dir" $(ATTACKS_SCALE) $(ATTACKS_MEMORY)

.PHONY: confusion
confusion: all $(CAPTURES_BIN) ## which protocol is taken for which, in the captures of ../shared
	$(Q)tests/captures/confusion

.PHONY: oracle
oracle: all ## counts of another tool beside ours, for every capture of ../shared
	$(Q)tests/captures/oracle

.PHONY: lint
lint: ## formatting, layers, headers that compile alone, clang-tidy, cppcheck, shellcheck
	$(Q)tools/lint

C_FILES := $(wildcard */*.[ch] */*/*.[ch])
.PHONY: format
format: ## reformat the sources in place
	$(Q)clang-format -i $(C_FILES)

MAN_PAGES := $(wildcard record/*.1 analyze/*.1 analyze/*.5 record/*.8)
.PHONY: tables-page
tables-page: $(BUILD)/socktape ## the manual page of tables and columns, made from them
	$(Q)$(BUILD)/socktape schema --man > analyze/socktape-tables.5

.PHONY: install
install: all ## install into DESTDIR and PREFIX
	$(Q)install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/sbin
	$(Q)install -m 755 build/socktape $(DESTDIR)$(PREFIX)/bin/
	$(Q)install -D -m 644 build/libsocktape.so $(DESTDIR)$(PREFIX)/lib/libsocktape.so
	$(if $(SKIP_BPF),,$(Q)install -m 755 build/socktape-record $(DESTDIR)$(PREFIX)/sbin/)
	$(Q)for page in $(MAN_PAGES); do \
		install -D -m 644 $$page $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/}; \
	done

	$(if $(filter $(host_arch),$(ARCH)),$(Q)build/socktape completion bash > build/completion && \
		install -D -m 644 build/completion $(DESTDIR)$(PREFIX)/share/bash-completion/completions/socktape && \
		build/socktape completion zsh > build/completion && \
		install -D -m 644 build/completion $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_socktape && \
		build/socktape completion fish > build/completion && \
		install -D -m 644 build/completion $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/socktape.fish)
	$(if $(or $(SKIP_BPF),$(filter-out $(host_arch),$(ARCH))),,$(Q)build/socktape-record --completion bash > build/completion && \
		install -D -m 644 build/completion $(DESTDIR)$(PREFIX)/share/bash-completion/completions/socktape-record && \
		build/socktape-record --completion zsh > build/completion && \
		install -D -m 644 build/completion $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_socktape-record && \
		build/socktape-record --completion fish > build/completion && \
		install -D -m 644 build/completion $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/socktape-record.fish)
	$(if $(SKIP_BPF),,$(Q)sed 's|@sbindir@|$(PREFIX)/sbin|' record/socktape-record@.service > build/unit && \
		install -D -m 644 build/unit $(DESTDIR)$(PREFIX)/lib/systemd/system/socktape-record@.service)

.PHONY: clean
clean: ## remove build/
	$(Q)rm -rf build

.PHONY: help
help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' Makefile

-include $(shell find build -name '*.d' -type f 2>/dev/null)
