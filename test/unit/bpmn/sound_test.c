/* What bpmn_check says about tokens, against what they do: random processes without circles, made of tasks and of
 * exclusive, inclusive and parallel gateways, are run with every way their conditions can hold and in random order. A
 * deadlock and a lack of synchronisation must be said exactly when one of these runs has one. MODELS=n tries more of
 * them. */
#include "bpmn/bpmn.h"
#include "bpmn/check.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NODES_MAX 9
#define CHOICES_MAX 6
#define HEAD                                                                                                           \
    "<bpmn:definitions xmlns:bpmn=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" "                                    \
    "xmlns:zeebe=\"http://camunda.org/schema/zeebe/1.0\"><bpmn:process id=\"p\" isExecutable=\"true\">"                \
    "<bpmn:startEvent id=\"n0\"/>"
#define TAIL "</bpmn:process></bpmn:definitions>"

enum kind { TASK, EXCLUSIVE, INCLUSIVE, PARALLEL, KINDS };

struct trial {
    struct arena arena;
    uint64_t seed, random;
    size_t count, choices;
    enum kind kinds[NODES_MAX];
    bool flows[NODES_MAX][NODES_MAX]; /* from a node to a later one */
    struct str xml;
    const struct bpmn_process *process;
    int64_t last_key;
    bool stuck, doubled; /* seen in some run */
};

static uint64_t draw(struct trial *self, uint64_t below)
{
    self->random ^= self->random << 13;
    self->random ^= self->random >> 7;
    self->random ^= self->random << 17;
    return self->random % below;
}

static int64_t next_key(void *host)
{
    struct trial *self = host;
    return ++self->last_key;
}

/* ---- A random process ---- */

static void make_shape(struct trial *self)
{
    self->count = 4 + draw(self, NODES_MAX - 3);
    for (size_t i = 1; i < self->count; i++) {
        self->kinds[i] = (enum kind)draw(self, KINDS);
        self->flows[i == 1 ? 0 : 1 + draw(self, i - 1)][i] = true;
    }
    for (size_t more = draw(self, 6); more > 0; more--) {
        size_t from = 1 + draw(self, self->count - 2);
        self->flows[from][from + 1 + draw(self, self->count - from - 1)] = true;
    }
}

static size_t flows_out(const struct trial *self, size_t node)
{
    size_t count = 0;
    for (size_t to = 0; to < self->count; to++)
        count += self->flows[node][to];
    return count;
}

static void put_node(struct trial *self, struct buf *xml, size_t node)
{
    static const char *const names[] = {[EXCLUSIVE] = "exclusive", [INCLUSIVE] = "inclusive", [PARALLEL] = "parallel"};
    size_t count = flows_out(self, node);
    if (node > 0 && count == 0)
        buf_printf(xml, "<bpmn:endEvent id=\"n%zu\"/>", node);
    else if (node > 0 && self->kinds[node] == TASK)
        buf_printf(xml,
                   "<bpmn:serviceTask id=\"n%zu\"><bpmn:extensionElements><zeebe:taskDefinition type=\"w\"/>"
                   "</bpmn:extensionElements></bpmn:serviceTask>",
                   node);
    bool gateway = node > 0 && count > 0 && self->kinds[node] != TASK;
    bool chooses = gateway && self->kinds[node] != PARALLEL && count > 1;
    bool first = true;
    char fallback[40] = "";
    for (size_t to = 0; to < self->count; to++) {
        if (!self->flows[node][to])
            continue;
        buf_printf(xml, "<bpmn:sequenceFlow id=\"f%zu-%zu\" sourceRef=\"n%zu\" targetRef=\"n%zu\">", node, to, node,
                   to);
        if (chooses && first)
            snprintf(fallback, sizeof fallback, " default=\"f%zu-%zu\"", node, to);
        else if (chooses)
            buf_printf(xml, "<bpmn:conditionExpression>=c%zu</bpmn:conditionExpression>", self->choices++);
        first = false;
        buf_put(xml, STR("</bpmn:sequenceFlow>"));
    }
    if (gateway)
        buf_printf(xml, "<bpmn:%sGateway id=\"n%zu\"%s/>", names[self->kinds[node]], node, fallback);
}

static void make_process(struct trial *self)
{
    struct buf xml;
    const struct bpmn_model *model;
    struct error err = ERROR_INIT;
    make_shape(self);
    buf_init(&xml, 0);
    buf_put(&xml, STR(HEAD));
    for (size_t i = 0; i < self->count; i++)
        put_node(self, &xml, i);
    buf_put(&xml, STR(TAIL));
    self->xml = arena_str(&self->arena, buf_str(&xml));
    buf_release(&xml);
    if (bpmn_model_load(&self->arena, self->xml, NULL, NULL, &model, &err) != OK)
        fail_msg("seed %" PRIu64 ": %s (%s)", self->seed, err.message, err.field);
    self->process = bpmn_model_at(model, 0);
}

/* ---- Running it ---- */

static void do_step(struct trial *self, struct bpmn_instance *instance, const struct bpmn_command *command)
{
    struct bpmn_env env = {.host = self, .next_key = next_key, .now_ms = 1};
    struct bpmn_effects effects;
    struct error err = ERROR_INIT;
    bpmn_effects_init(&effects, &self->arena);
    if (bpmn_step(instance, command, &env, &effects, &err) != OK)
        fail_msg("seed %" PRIu64 ": %s", self->seed, err.message);
}

/* A random job that is open; 0 for none. */
static int64_t any_job(struct trial *self, const struct bpmn_instance *instance)
{
    struct value tokens = value_get(bpmn_instance_view(&self->arena, instance), STR("tokens"));
    int64_t found = 0, job;
    uint64_t seen = 0;
    for (size_t i = 0; i < value_count(tokens); i++)
        if (value_to_int64(value_get(value_at(tokens, i), STR("job")), &job) && draw(self, ++seen) == 0)
            found = job;
    return found;
}

static bool is_end(const struct trial *self, struct str flow)
{
    struct str to = flow;
    int64_t node;
    (void)str_cut(&to, '-');
    return str_to_int64(to, &node) && flows_out(self, (size_t)node) == 0;
}

static void judge(struct trial *self, const struct bpmn_instance *instance)
{
    struct value view = bpmn_instance_view(&self->arena, instance);
    struct value flows = value_get(view, STR("flows")), passed = value_get(view, STR("passed"));
    int64_t count;
    self->stuck = self->stuck || bpmn_instance_state(instance) == BPMN_ACTIVE;
    for (size_t i = 0; i < value_count(flows); i++)
        if (value_to_int64(value_get(value_at(flows, i), STR("count")), &count) && count > 1)
            self->doubled = self->doubled || !is_end(self, value_text(value_get(value_at(flows, i), STR("flow"))));
    for (size_t i = 0; i < value_count(passed); i++) {
        const struct bpmn_element_info *info =
            bpmn_process_element(self->process, value_text(value_get(value_at(passed, i), STR("element"))));
        if (info->type == BPMN_SERVICE_TASK && value_to_int64(value_get(value_at(passed, i), STR("count")), &count))
            self->doubled = self->doubled || count > 1;
    }
}

static void run_once(struct trial *self, uint64_t choices)
{
    struct arena_mark mark = arena_mark(&self->arena);
    struct bpmn_instance *instance = bpmn_instance_new(&self->arena, self->process);
    struct context_builder variables;
    context_builder_init(&variables, &self->arena);
    for (size_t i = 0; i < self->choices; i++)
        context_builder_put(&variables, arena_printf(&self->arena, "c%zu", i), value_boolean(choices >> i & 1));
    do_step(self, instance, &(struct bpmn_command){.kind = BPMN_START, .variables = context_builder_done(&variables)});
    for (int64_t job; (job = any_job(self, instance)) != 0;)
        do_step(self, instance, &(struct bpmn_command){.kind = BPMN_COMPLETE_JOB, .key = job});
    judge(self, instance);
    arena_rewind(&self->arena, mark);
}

/* ---- Comparing ---- */

static bool said(const struct bpmn_problems *problems, const char *code)
{
    for (size_t i = 0; i < problems->list.count; i++)
        if (strcmp(problems->list.items[i].code, code) == 0)
            return true;
    return false;
}

struct tally {
    size_t run, stuck, doubled;
};

/* A process with too many choices is not run in every way, and left out. */
static void try_one(uint64_t seed, struct tally *tally)
{
    struct trial trial = {.seed = seed, .random = seed * 0x9E3779B97F4A7C15U | 1};
    struct bpmn_problems problems = {0};
    arena_init(&trial.arena);
    make_process(&trial);
    if (trial.choices <= CHOICES_MAX) {
        bpmn_check(&trial.arena, trial.process, NULL, &problems);
        for (uint64_t choices = 0; choices >> trial.choices == 0; choices++)
            for (int i = 0; i < 3; i++)
                run_once(&trial, choices);
        bool doubled = said(&problems, "no-synchronisation"), stuck = said(&problems, "deadlock");
        if (said(&problems, "not-analysed"))
            fail_msg("seed %" PRIu64 ": not analysed: %.*s", seed, STR_ARGS(trial.xml));
        if (doubled != trial.doubled)
            fail_msg("seed %" PRIu64 ": lack of synchronisation %s: %.*s", seed,
                     doubled ? "said, but never seen" : "not said", STR_ARGS(trial.xml));
        /* What is behind a place where tokens meet is not looked at. */
        if (stuck != trial.stuck && !doubled)
            fail_msg("seed %" PRIu64 ": deadlock %s: %.*s", seed, stuck ? "said, but never seen" : "not said",
                     STR_ARGS(trial.xml));
        tally->run++;
        tally->stuck += trial.stuck;
        tally->doubled += trial.doubled;
    }
    arena_release(&trial.arena);
}

static void what_is_said_about_tokens_is_what_they_do(void **state)
{
    (void)state;
    const char *wanted = getenv("MODELS");
    uint64_t models = wanted ? strtoull(wanted, NULL, 10) : 3000;
    struct tally tally = {0};
    for (uint64_t seed = 1; seed <= models; seed++)
        try_one(seed, &tally);
    assert_true(tally.stuck > tally.run / 30);
    assert_true(tally.doubled > tally.run / 30);
    assert_true(tally.stuck + tally.doubled < tally.run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_said_about_tokens_is_what_they_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
