{{/* The Envoy, as a container of any pod, and its volume. */}}

{{- define "envoy.tokenEnv" -}}
{{- with .Values.runtime.token }}
{{- if or .value .existingSecret -}}
env:
  - name: SOFTPROBE_PROXY_TOKEN
    valueFrom:
      secretKeyRef:
        name: {{ .existingSecret | default (include "envoy.fullname" $) | quote }}
        key: {{ empty .existingSecret | ternary "token" .key | quote }}
{{- end }}
{{- end }}
{{- end }}

{{- define "envoy.container" -}}
name: softprobe-envoy
image: {{ include "envoy.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
command: [envoy]
args: [-c, /etc/softprobe-envoy/envoy.yaml, --disable-hot-restart, --log-level, warning, --concurrency, {{ .Values.concurrency | toString | quote }}]
{{- with include "envoy.tokenEnv" . }}
{{ . }}
{{- end }}
ports:
  - {name: softprobe-in, containerPort: {{ include "envoy.port" .Values.inbound }}, protocol: TCP}
  - {name: softprobe-out, containerPort: {{ include "envoy.port" .Values.outbound }}, protocol: TCP}
startupProbe:
  tcpSocket: {port: softprobe-in}
  periodSeconds: 1
  failureThreshold: 30
readinessProbe:
  tcpSocket: {port: softprobe-in}
  periodSeconds: 5
livenessProbe:
  tcpSocket: {port: softprobe-in}
  periodSeconds: 10
  failureThreshold: 6
{{- /* Recordings that are under way, and callers that have not heard of the end yet. */}}
lifecycle:
  preStop:
    exec: {command: [sleep, "5"]}
resources: {{- toYaml .Values.resources | nindent 2 }}
securityContext:
  runAsNonRoot: true
  runAsUser: 101
  runAsGroup: 101
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
  seccompProfile: {type: RuntimeDefault}
volumeMounts:
  - {name: softprobe-envoy, mountPath: /etc/softprobe-envoy, readOnly: true}
{{- end }}

{{- define "envoy.volume" -}}
name: softprobe-envoy
configMap: {name: {{ include "envoy.fullname" . | quote }}, items: [{key: envoy.yaml, path: envoy.yaml}]}
{{- end }}

{{- define "envoy.checksums" -}}
softprobe-envoy/config: {{ include "envoy.configuration" . | sha256sum }}
softprobe-envoy/token: {{ .Values.runtime.token.value | sha256sum }}
{{- end }}

{{/* What Istio's injection merges into the proxy that it adds. */}}
{{- define "envoy.istioPatch" -}}
spec:
  template:
    metadata:
      annotations:
        softprobe-envoy/token: {{ .Values.runtime.token.value | sha256sum }}
    spec:
      containers:
        - name: istio-proxy
          image: auto
          {{- include "envoy.tokenEnv" . | nindent 10 }}
{{- end }}

{{/* A strategic merge patch for a Deployment, StatefulSet or DaemonSet. */}}
{{- define "envoy.patch" -}}
spec:
  template:
    metadata:
      annotations: {{- include "envoy.checksums" . | nindent 8 }}
    spec:
      containers:
        - {{- include "envoy.container" . | nindent 10 }}
        {{- with .Values.sidecar.appContainer }}
        - name: {{ . | quote }}
          env:
            - {name: http_proxy, value: "http://127.0.0.1:{{ include "envoy.port" $.Values.outbound }}"}
        {{- end }}
      volumes:
        - {{- include "envoy.volume" . | nindent 10 }}
{{- end }}
