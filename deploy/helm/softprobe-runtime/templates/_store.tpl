{{/* The store's address, and the variables in which the runtime gets it. */}}

{{- define "softprobe.valkeyHost" -}}
{{ include "softprobe.fullname" . }}-valkey
{{- end }}

{{/* A user and a password before the hosts; the password stays a variable, which Kubernetes fills in. */}}
{{- define "softprobe.login" -}}
{{- $secret := include "softprobe.given" .password -}}
{{- if or .username $secret -}}
{{ include "softprobe.encoded" .username }}{{ if $secret }}:$({{ .variable }}){{ end }}@
{{- end -}}
{{- end }}

{{- define "softprobe.storeParameters" -}}
{{- $pairs := list -}}
{{- with .Values.store }}
{{- if .tls.enabled }}
{{- if .tls.caSecret }}{{ $pairs = append $pairs "ssl_ca_certs=/etc/softprobe/store-ca/ca.crt" }}{{ end }}
{{- if .tls.clientSecret }}
{{- $pairs = append $pairs "ssl_certfile=/etc/softprobe/store-client/tls.crt" }}
{{- $pairs = append $pairs "ssl_keyfile=/etc/softprobe/store-client/tls.key" }}
{{- end }}
{{- if not .tls.checkHostname }}{{ $pairs = append $pairs "ssl_check_hostname=no" }}{{ end }}
{{- end }}
{{- if eq .form "sentinel" }}
{{- with .sentinel.username }}{{ $pairs = append $pairs (printf "sentinel_username=%s" (include "softprobe.encoded" .)) }}{{ end }}
{{- if include "softprobe.given" .sentinel.password }}{{ $pairs = append $pairs "sentinel_password=$(SENTINEL_PASSWORD)" }}{{ end }}
{{- end }}
{{- end }}
{{- with $pairs }}?{{ join "&" . }}{{ end }}
{{- end }}

{{- define "softprobe.storeUrl" -}}
{{- with .Values.store -}}
{{- $scheme := printf "%s%s" (.tls.enabled | ternary "rediss" "redis") (eq .form "server" | ternary "" (printf "+%s" .form)) -}}
{{- $login := include "softprobe.login" (dict "username" .username "password" .password "variable" "STORE_PASSWORD") -}}
{{- $path := dict "server" (printf "/%d" (int .database)) "cluster" "" "sentinel" (printf "/%s/%d" (include "softprobe.encoded" .service) (int .database)) -}}
{{ $scheme }}://{{ $login }}{{ join "," .nodes }}{{ get $path .form }}{{ include "softprobe.storeParameters" $ }}
{{- end -}}
{{- end }}

{{- define "softprobe.storeEnv" -}}
{{- $own := include "softprobe.fullname" . -}}
{{- if .Values.valkey.enabled }}
{{- with .Values.valkey.password }}
{{- if include "softprobe.given" . }}
- name: STORE_PASSWORD
  valueFrom: { {{- include "softprobe.secretKeyRef" (dict "secret" . "name" $own "own" "valkey-password") }}}
- name: SOFTPROBE_STORE_URL
  value: redis://:$(STORE_PASSWORD)@{{ include "softprobe.valkeyHost" $ }}:6379/0
{{- else }}
- name: SOFTPROBE_STORE_URL
  value: redis://{{ include "softprobe.valkeyHost" $ }}:6379/0
{{- end }}
{{- end }}
{{- else if include "softprobe.given" .Values.store.url }}
- name: SOFTPROBE_STORE_URL
  valueFrom: { {{- include "softprobe.secretKeyRef" (dict "secret" .Values.store.url "name" $own "own" "store-url") }}}
{{- else }}
{{- with .Values.store }}
{{- if include "softprobe.given" .password }}
- name: STORE_PASSWORD
  valueFrom: { {{- include "softprobe.secretKeyRef" (dict "secret" .password "name" $own "own" "store-password") }}}
{{- end }}
{{- if include "softprobe.given" .sentinel.password }}
- name: SENTINEL_PASSWORD
  valueFrom: { {{- include "softprobe.secretKeyRef" (dict "secret" .sentinel.password "name" $own "own" "sentinel-password") }}}
{{- end }}
{{- end }}
- name: SOFTPROBE_STORE_URL
  value: {{ include "softprobe.storeUrl" . | quote }}
{{- end }}
{{- end }}

{{/* The ports of a store that is given by its parts, as JSON; Sentinels name a primary, whose port is taken to be the usual one. */}}
{{- define "softprobe.storePorts" -}}
{{- $ports := list -}}
{{- range .Values.store.nodes }}{{ $ports = append $ports (splitList ":" . | last | int) }}{{ end -}}
{{- if eq .Values.store.form "sentinel" }}{{ $ports = append $ports 6379 }}{{ end -}}
{{ $ports | uniq | toJson }}
{{- end }}
