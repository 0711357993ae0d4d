/*
 * A host of the adapter: draws from eight candidates of a vocabulary of sixteen, and says what was selected and what went wrong.
 *
 *     host <port> draw|clone [options]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "logit_sampler.h"

#ifndef REAL_LLAMA
struct llama_sampler * llama_sampler_init(struct llama_sampler_i * iface, void * ctx) {
    struct llama_sampler * made = malloc(sizeof *made);
    *made = (struct llama_sampler) { iface, ctx };
    return made;
}
#endif

static void draw(struct llama_sampler * sampler) {
    llama_token_data data[8];
    for (int i = 0; i < 8; i++) data[i] = (llama_token_data) { .id = 2 * i, .logit = (float) (i == 5 ? 3 : i % 3) };
    llama_token_data_array candidates = { data, 8, -1, false };
    sampler->iface->apply(sampler, &candidates);
    const char * error = logit_sampler_error(sampler);
    printf("selected %lld: %s\n", (long long) candidates.selected, error == NULL ? "drawn" : error);
}

int main(int count, char ** arguments) {
    if (count < 3) return 2;
    char error[512];
    const struct logit_sampler_params params = {
        .host = "127.0.0.1", .port = arguments[1], .options = count > 3 ? arguments[3] : "{}", .n_vocab = 16, .timeout_s = 1,
        .api_key = getenv("HOST_KEY"),
    };
    struct llama_sampler * sampler = logit_sampler_init(params, error, sizeof error);
    if (sampler == NULL) {
        printf("refused: %s\n", error);
        return 0;
    }
    draw(sampler);
    if (strcmp(arguments[2], "clone") == 0) {
        struct llama_sampler * copy = sampler->iface->clone(sampler);
        draw(copy);
        copy->iface->free(copy);
    }
    sampler->iface->free(sampler);
    return 0;
}
