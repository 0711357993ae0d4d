/* What the adapter needs of llama.cpp's header, for a compiler that has no llama.cpp: proof/hosts compiles it with the real one. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef int32_t llama_token;

typedef struct llama_token_data {
    llama_token id;
    float logit, p;
} llama_token_data;

typedef struct llama_token_data_array {
    llama_token_data * data;
    size_t size;
    int64_t selected;
    bool sorted;
} llama_token_data_array;

struct llama_sampler;

struct llama_sampler_i {
    const char * (*name)(const struct llama_sampler *);
    void (*accept)(struct llama_sampler *, llama_token);
    void (*apply)(struct llama_sampler *, llama_token_data_array *);
    void (*reset)(struct llama_sampler *);
    struct llama_sampler * (*clone)(const struct llama_sampler *);
    void (*free)(struct llama_sampler *);
    void * backend[4];
};

struct llama_sampler {
    struct llama_sampler_i * iface;
    void * ctx;
};

struct llama_sampler * llama_sampler_init(struct llama_sampler_i * iface, void * ctx);
