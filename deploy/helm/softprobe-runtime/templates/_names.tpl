{{/* Names and labels. */}}

{{- define "softprobe.name" -}}
{{ .Values.nameOverride | default .Chart.Name | trunc 50 | trimSuffix "-" }}
{{- end }}

{{/* 45 characters leave room for what is added: a StatefulSet's pods carry a hash of theirs in a label. */}}
{{- define "softprobe.fullname" -}}
{{- $name := include "softprobe.name" . -}}
{{- $both := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{ .Values.fullnameOverride | default $both | trunc 45 | trimSuffix "-" }}
{{- end }}

{{- define "softprobe.serviceAccountName" -}}
{{- $own := .Values.serviceAccount.create | ternary (include "softprobe.fullname" .) "default" -}}
{{ .Values.serviceAccount.name | default $own }}
{{- end }}

{{- define "softprobe.selector" -}}
app.kubernetes.io/name: {{ include "softprobe.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: runtime
{{- end }}

{{- define "softprobe.valkeySelector" -}}
app.kubernetes.io/name: {{ include "softprobe.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: store
{{- end }}

{{- define "softprobe.testSelector" -}}
app.kubernetes.io/name: {{ include "softprobe.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: test
{{- end }}

{{- define "softprobe.commonLabels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: softprobe
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "softprobe.labels" -}}
{{ include "softprobe.selector" . }}
{{ include "softprobe.commonLabels" . }}
{{- end }}

{{- define "softprobe.valkeyLabels" -}}
{{ include "softprobe.valkeySelector" . }}
{{ include "softprobe.commonLabels" . }}
{{- end }}

{{/* An image by its digest, or else by its tag. Takes (dict "image" … "tag" what it is without one). */}}
{{- define "softprobe.image" -}}
{{- with .image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.tag }}{{ end }}
{{- end -}}
{{- end }}

{{/* Labels of pods: without the chart's version, so that an upgrade of the chart alone restarts nothing. */}}
{{- define "softprobe.podLabels" -}}
{{ include "softprobe.selector" . }}
{{- with merge (deepCopy .Values.podLabels) .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "softprobe.valkeyPodLabels" -}}
{{ include "softprobe.valkeySelector" . }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}
