/** Values with which the chart's templates are tested, over the chart's own: each switch on and off. */

export const CHART_VALUES: readonly Readonly<Record<string, unknown>>[] = [
  {},
  { apiKeysSecret: "" },
  {
    networkPolicy: {
      enabled: false,
      client: "a-label",
      monitoring: "prometheus",
      ingress: "",
      denyEgress: true,
    },
  },
  {
    networkPolicy: {
      enabled: true,
      client: "a-label",
      monitoring: "prometheus",
      ingress: "nginx",
      denyEgress: false,
    },
  },
  { autoscaling: { enabled: false, minReplicas: 1, maxReplicas: 1, cpuPercent: 60 }, replicas: 3 },
  {
    image: { repository: "registry.example/logit-sampler", tag: "0.1.0", pullPolicy: "Always" },
    imagePullSecrets: [{ name: "registry" }],
    envFrom: [{ secretRef: { name: "telemetry" } }],
    nodeSelector: { "kubernetes.io/arch": "amd64" },
    tolerations: [{ key: "gpu", operator: "Exists", effect: "NoSchedule" }],
    affinity: {
      podAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 1,
            podAffinityTerm: {
              topologyKey: "kubernetes.io/hostname",
              labelSelector: { matchLabels: { app: "host" } },
            },
          },
        ],
      },
    },
  },
  {
    serviceMonitor: { enabled: true, interval: "30s", labels: { release: "prometheus" } },
    ingress: {
      enabled: true,
      className: "nginx",
      host: "sampler.example",
      annotations: { "nginx.ingress.kubernetes.io/proxy-request-buffering": "off" },
      tlsSecret: "sampler-tls",
    },
  },
];
