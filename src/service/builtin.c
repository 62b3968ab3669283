/* The table of built-in jobs. */
#include "service/builtin.h"

static const struct builtin builtins[] = {
    {"case.accept", builtin_case_accept},
    {"case.correct", builtin_case_correct},
    {"case.suspend", builtin_case_suspend},
    {"case.resume", builtin_case_resume},
    {"case.decide", builtin_case_decide},
    {"case.open", builtin_case_open},
    {"party.find", builtin_party_find},
    {"party.write", builtin_party_write},
    {"record.write", builtin_record_write},
    {"record.find", builtin_record_find},
    {"record.void", builtin_record_void},
    {"certificate.issue", builtin_certificate_issue},
    {"certificate.find", builtin_certificate_find},
    {"certificate.grant", builtin_certificate_grant},
    {"certificate.suspend", builtin_certificate_suspend},
    {"certificate.resume", builtin_certificate_resume},
    {"certificate.revoke", builtin_certificate_revoke},
    {"ledger.post", builtin_ledger_post},
    {"notice.send", builtin_notice_send},
    {"exchange.call", builtin_exchange_call},
    {"serial.next", builtin_serial_next},
    {"case.extend", builtin_case_extend},
    {"document.issue", builtin_document_issue},
    {"certificate.deliver", builtin_certificate_deliver},
};

const struct builtin *builtin_job(struct str type)
{
    for (size_t i = 0; i < COUNT_OF(builtins); i++)
        if (str_equal(str_of(builtins[i].type), type))
            return &builtins[i];
    return NULL;
}

struct value builtin_in(const struct builtin_call *call, const char *name)
{
    return value_get(call->in, str_of(name));
}

struct str builtin_text(const struct builtin_call *call, const char *name)
{
    return value_text(builtin_in(call, name));
}

enum status builtin_need(const struct builtin_call *call, const char *name, struct str *out, struct error *err)
{
    struct str text = builtin_text(call, name);
    if (text.len == 0) {
        error_set(err, ERROR_INVALID, "input-missing", "The task %.*s needs the input %s as a text.",
                  STR_ARGS(call->element_id), name);
        return error_field(err, "%s", name);
    }
    *out = text;
    return OK;
}

void builtin_out(struct builtin_call *call, const char *name, struct value v)
{
    call->out = context_set(call->of->work->arena, call->out, name, v);
}
