/* llama.cpp: a sampler that draws every token over a stream to the logit-sampler service. See logit_sampler.c. */
#pragma once
#include <stddef.h>

#include "llama.h"

#ifdef __cplusplus
extern "C" {
#endif

struct logit_sampler_params {
    const char * host;     /* "127.0.0.1" */
    const char * port;     /* "8080" */
    const char * api_key;  /* of a service that has keys, or NULL */
    const char * options;  /* JSON as POST /v1/stream takes it: {"temperature": 0.8, "seed": 7} */
    int32_t n_vocab;       /* llama_vocab_n_tokens(vocab) */
    int timeout_s;         /* longest wait for a token, whatever comes meanwhile; 0: 30 */
};

/* NULL when the options are wrong or the service is not there: the reason is then in error, which may be NULL. */
struct llama_sampler * logit_sampler_init(struct logit_sampler_params params, char * error, size_t error_size);

/* Why the last token is not the service's, or NULL when it is. Ask after each llama_sampler_sample. */
const char * logit_sampler_error(const struct llama_sampler * smpl);

#ifdef __cplusplus
}
#endif
