{{/* What the schema cannot say: values that need or exclude each other. One sentence each. */}}

{{- define "softprobe.several" -}}
{{- if or (gt (int .Values.replicas) 1) .Values.autoscaling.enabled }}yes{{ end -}}
{{- end }}

{{/* One pod at a time: a new one cannot mount the volume of the old one. */}}
{{- define "softprobe.alone" -}}
{{- with .Values.captures -}}
{{- if and (eq .kind "volume") (eq .volume.accessMode "ReadWriteOnce") }}yes{{ end -}}
{{- end -}}
{{- end }}

{{- define "softprobe.checkStore" -}}
{{- $parts := or .Values.store.nodes (include "softprobe.given" .Values.store.password) .Values.store.username -}}
{{- $url := include "softprobe.given" .Values.store.url -}}
{{- if and .Values.valkey.enabled (or $parts $url) -}}
{{- fail "store: a store of yours and the bundled one exclude each other; set valkey.enabled=false" -}}
{{- end -}}
{{- if not .Values.valkey.enabled -}}
{{- if and $url $parts -}}
{{- fail "store: give either store.url or its parts (nodes, username, password), not both" -}}
{{- end -}}
{{- if not (or $url .Values.store.nodes) -}}
{{- fail "store: valkey.enabled=false needs store.url or store.nodes" -}}
{{- end -}}
{{- if and (eq .Values.store.form "sentinel") (not $url) (not .Values.store.service) -}}
{{- fail "store.service: form sentinel needs the name by which Sentinel knows the primary" -}}
{{- end -}}
{{- if and (eq .Values.store.form "server") (gt (len .Values.store.nodes) 1) -}}
{{- fail "store.nodes: form server takes one; for several set form to cluster or sentinel" -}}
{{- end -}}
{{- if and (eq .Values.store.form "cluster") (int .Values.store.database) -}}
{{- fail "store.database: a cluster has no other than 0" -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "softprobe.checkCaptures" -}}
{{- $several := include "softprobe.several" . -}}
{{- with .Values.captures -}}
{{- if and $several (include "softprobe.alone" $) -}}
{{- fail "captures.volume.accessMode: several replicas need ReadWriteMany, or captures.kind s3, gs or azblob" -}}
{{- end -}}
{{- if and $several (eq .kind "ephemeral") -}}
{{- fail "captures.kind: ephemeral is for one replica: the others could not read what one has written" -}}
{{- end -}}
{{- if and (has .kind (list "s3" "gs" "azblob")) (not .bucket) -}}
{{- fail (printf "captures.bucket: kind %s needs the name of the bucket or container" .kind) -}}
{{- end -}}
{{- if not (contains "{sessionId}" (include "softprobe.capturesPath" $)) -}}
{{- fail "captures.name: it has to hold {sessionId}, or one capture would overwrite another" -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "softprobe.checkAuth" -}}
{{- $token := include "softprobe.given" .Values.auth.token -}}
{{- if and (eq .Values.auth.mode "token") (not $token) -}}
{{- fail "auth.token: mode token needs a value or an existingSecret" -}}
{{- end -}}
{{- if and (eq .Values.auth.mode "none") $token -}}
{{- fail "auth.mode: none and an auth.token exclude each other" -}}
{{- end -}}
{{- end }}

{{- define "softprobe.checkReplicas" -}}
{{- with .Values.autoscaling -}}
{{- if and .enabled (gt (int .minReplicas) (int .maxReplicas)) -}}
{{- fail "autoscaling.minReplicas: it is more than maxReplicas" -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "softprobe.checks" -}}
{{- include "softprobe.checkReplicas" . -}}
{{- include "softprobe.checkStore" . -}}
{{- include "softprobe.checkCaptures" . -}}
{{- include "softprobe.checkAuth" . -}}
{{- end }}
