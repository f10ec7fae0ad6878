{{/* What the schema cannot say, or not in a sentence. */}}

{{/* Takes (dict "name" … "value" …). */}}
{{- define "envoy.checkAddress" -}}
{{- if not (regexMatch "^(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9_.-]+):[0-9]{1,5}$" .value) -}}
{{- fail (printf "%s: expected host:port, such as shop.prod:3000, not %q" .name .value) -}}
{{- end -}}
{{- end }}

{{- define "envoy.isLoopback" -}}
{{- if regexMatch "^(127\\..*|localhost|::1)$" (include "envoy.host" .) }}yes{{ end -}}
{{- end }}

{{- define "envoy.checks" -}}
{{- with .Values -}}
{{- $addresses := dict "runtime.address" .runtime.address "app" .app "inbound" .inbound "outbound" .outbound "istio.helper" .istio.helper -}}
{{- if .admin }}{{ $_ := set $addresses "admin" .admin }}{{ end -}}
{{- range $name, $value := $addresses }}{{ include "envoy.checkAddress" (dict "name" $name "value" $value) }}{{ end -}}
{{- if .standalone.enabled -}}
{{- if include "envoy.isLoopback" .app -}}
{{- fail "app: an Envoy of its own reaches the app by its Service, such as shop.prod:3000; a loopback address is that of Envoy's own pod" -}}
{{- end -}}
{{- range $name, $value := dict "inbound" .inbound "outbound" .outbound -}}
{{- if include "envoy.isLoopback" $value -}}
{{- fail (printf "%s: an Envoy of its own is called by other pods: set it to 0.0.0.0:%s" $name (include "envoy.port" $value)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}
