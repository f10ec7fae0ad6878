{{/* What is no secret of the environment. The pods roll when it changes, not when a label of its config map does. */}}

{{- define "softprobe.config" -}}
SOFTPROBE_LISTEN_ADDR: 0.0.0.0:8080
SOFTPROBE_CAPTURE_CASE_PATH: {{ include "softprobe.capturesPath" . | quote }}
SOFTPROBE_DRAIN_DELAY: {{ printf "%ds" (int .Values.drain.delaySeconds) }}
{{- with .Values.auth.mode }}
SOFTPROBE_AUTH: {{ . }}
{{- end }}
{{- with .Values.settings }}
SOFTPROBE_SESSION_TTL: {{ .sessionTtl | quote }}
SOFTPROBE_MAX_BODY_BYTES: {{ .maxBodyBytes | quote }}
SOFTPROBE_MAX_CAPTURE_BYTES: {{ .maxCaptureBytes | quote }}
SOFTPROBE_LOG_LEVEL: {{ .logLevel }}
{{- with .quotas }}
SOFTPROBE_QUOTAS: {{ . | quote }}
{{- end }}
SOFTPROBE_ORG_CONCURRENCY: {{ .orgConcurrency | int | quote }}
SOFTPROBE_FAST_LANE: {{ .fastLane | ternary "on" "off" | quote }}
SOFTPROBE_STORE_ACK: {{ .storeAck }}
{{- end }}
{{- with include "softprobe.capturesConfig" . | trim }}
{{ . }}
{{- end }}
{{- end }}
