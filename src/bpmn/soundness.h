/* What the files of the static analysis share. */
#pragma once

#include "bpmn/check.h"
#include "bpmn/internal.h"

struct bpmn_checker {
    struct arena *arena;
    const struct bpmn_process *process;
    const struct bpmn_check_options *options;
    struct bpmn_problems *out;
    bool *reachable; /* by element index */
};

void bpmn_check_report(struct bpmn_checker *self, enum bpmn_severity severity, const char *code,
                       const struct element *element, const char *format, ...) PRINTF_LIKE(5, 6);

/* check_variables.c */
void bpmn_check_variables(struct bpmn_checker *self);
/* soundness.c: deadlocks and lack of synchronisation among the direct children of a container */
void bpmn_check_soundness(struct bpmn_checker *self, const struct element *container);
