{{/* A secret is `value`, or `existingSecret` and `key`. These say whether there is one, and where it lies. */}}

{{- define "softprobe.given" -}}
{{- if or .value .existingSecret }}yes{{ end -}}
{{- end }}

{{/* Takes (dict "secret" … "own" the key in our Secret "name" our Secret's name). */}}
{{- define "softprobe.secretKeyRef" -}}
{{- if .secret.existingSecret -}}
secretKeyRef: {name: {{ .secret.existingSecret | quote }}, key: {{ .secret.key | quote }}}
{{- else -}}
secretKeyRef: {name: {{ .name | quote }}, key: {{ .own | quote }}}
{{- end -}}
{{- end }}

{{/* What our own Secret holds, as lines of YAML; nothing where every secret is elsewhere. */}}
{{- define "softprobe.ownSecrets" -}}
{{- $store := .Values.store -}}
{{- with .Values.auth.token }}{{ if and .value (not .existingSecret) }}
api-token: {{ .value | quote }}{{ end }}{{ end }}
{{- with .Values.metrics.token }}{{ if and .value (not .existingSecret) }}
metrics-token: {{ .value | quote }}{{ end }}{{ end }}
{{- if .Values.valkey.enabled }}
{{- with .Values.valkey.password }}{{ if and .value (not .existingSecret) }}
valkey-password: {{ .value | quote }}{{ end }}{{ end }}
{{- else }}
{{- with $store.url }}{{ if and .value (not .existingSecret) }}
store-url: {{ .value | quote }}{{ end }}{{ end }}
{{- with $store.password }}{{ if and .value (not .existingSecret) }}
store-password: {{ include "softprobe.encoded" .value | quote }}{{ end }}{{ end }}
{{- with $store.sentinel.password }}{{ if and .value (not .existingSecret) }}
sentinel-password: {{ include "softprobe.encoded" .value | quote }}{{ end }}{{ end }}
{{- end }}
{{- end }}

{{/* Percent-encoded for a URL; a plus would stand for itself there, not for a space. */}}
{{- define "softprobe.encoded" -}}
{{ . | urlquery | replace "+" "%20" }}
{{- end }}
