// Decodes Kubernetes' manifests strictly: documents of YAML on stdin, each into the type that the Kubernetes API has for
// its kind. A field that the type has not, a field that stands twice and a value of another type end it with 1.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
)

var kinds = map[string]func() any{
	"apps/v1 Deployment":                      func() any { return &appsv1.Deployment{} },
	"autoscaling/v2 HorizontalPodAutoscaler":  func() any { return &autoscalingv2.HorizontalPodAutoscaler{} },
	"batch/v1 Job":                            func() any { return &batchv1.Job{} },
	"monitoring.coreos.com/v1 ServiceMonitor": func() any { return &monitoringv1.ServiceMonitor{} },
	"networking.k8s.io/v1 Ingress":            func() any { return &networkingv1.Ingress{} },
	"networking.k8s.io/v1 NetworkPolicy":      func() any { return &networkingv1.NetworkPolicy{} },
	"policy/v1 PodDisruptionBudget":           func() any { return &policyv1.PodDisruptionBudget{} },
	"v1 Pod":                                  func() any { return &corev1.Pod{} },
	"v1 Service":                              func() any { return &corev1.Service{} },
}

func decode(text []byte) (string, error) {
	var head metav1.TypeMeta
	if err := yaml.Unmarshal(text, &head); err != nil {
		return "", err
	}
	name := head.APIVersion + " " + head.Kind
	made, known := kinds[name]
	if !known {
		return name, fmt.Errorf("no type is known for it")
	}
	return name, yaml.UnmarshalStrict(text, made())
}

func main() {
	failed := false
	documents := utilyaml.NewYAMLReader(bufio.NewReader(os.Stdin))
	for {
		text, err := documents.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		var anything any
		if yaml.Unmarshal(text, &anything) == nil && anything == nil {
			continue // nothing but comments
		}
		name, err := decode(text)
		if err != nil {
			failed = true
			fmt.Println(strings.TrimSpace(name + ": " + err.Error()))
		} else {
			fmt.Println(name + ": ok")
		}
	}
	if failed {
		os.Exit(1)
	}
}
