//! Generated manifests: what a company's repositories look like, a file an application, 5–8 documents a file.
//!
//! Most workloads are hardened, some are not, as in life; the same number always gives the same bytes.

use std::fmt::Write as _;

/// A generated file: its path and text.
pub(crate) type Generated = (String, String);

/// `files` files.
#[must_use]
pub(crate) fn generate(files: usize) -> Vec<Generated> {
    (0..files).map(file).collect()
}

/// A small deterministic generator: the corpus must not change with a library.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.roll(100) < percent
    }
}

fn file(number: usize) -> Generated {
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15 ^ (number as u64 + 1).wrapping_mul(0xD129_0D3C_4A2B_91F5));
    let namespace = format!("team-{:03}", number % 500);
    let name = format!("app-{number:05}");
    let app = App { name: &name, namespace: &namespace };
    let mut text = String::with_capacity(6000);
    text.push_str(&format!("# {name}: owned by {namespace}, see the runbook before you change replicas\n"));
    app.workload(&mut text, &mut dice);
    app.service(&mut text);
    app.account(&mut text, &mut dice);
    app.config(&mut text, &mut dice);
    app.policy(&mut text, &mut dice);
    for extra in [App::budget, App::autoscaler, App::ingress] {
        if dice.chance(50) {
            extra(&app, &mut text);
        }
    }
    (format!("{namespace}/{name}.yaml"), text)
}

struct App<'a> {
    name: &'a str,
    namespace: &'a str,
}

impl App<'_> {
    fn head(&self, text: &mut String, version: &str, kind: &str) {
        let App { name, namespace } = self;
        _ = write!(
            text,
            "apiVersion: {version}\nkind: {kind}\nmetadata:\n  name: {name}\n  namespace: {namespace}\n  labels:\n    app.kubernetes.io/name: {name}\n    app.kubernetes.io/part-of: {namespace}\n"
        );
    }

    fn next(&self, text: &mut String, version: &str, kind: &str) {
        text.push_str("---\n");
        self.head(text, version, kind);
    }

    fn workload(&self, text: &mut String, dice: &mut Dice) {
        let name = self.name;
        self.head(text, "apps/v1", if dice.chance(80) { "Deployment" } else { "StatefulSet" });
        _ = write!(
            text,
            "spec:\n  replicas: {}\n  selector:\n    matchLabels:\n      app.kubernetes.io/name: {name}\n  template:\n    metadata:\n      labels:\n        app.kubernetes.io/name: {name}\n    spec:\n      serviceAccountName: {name}\n      automountServiceAccountToken: false\n",
            1 + dice.roll(4)
        );
        if dice.chance(90) {
            text.push_str("      securityContext:\n        runAsNonRoot: true\n        runAsUser: 10001\n        runAsGroup: 10001\n        fsGroup: 10001\n        seccompProfile:\n          type: RuntimeDefault\n");
        }
        text.push_str("      containers:\n");
        for container in ["main", "proxy"].iter().take(1 + dice.roll(2) as usize) {
            self.container(text, dice, container);
        }
        text.push_str("      volumes:\n      - name: scratch\n        emptyDir:\n          sizeLimit: 64Mi\n");
    }

    fn container(&self, text: &mut String, dice: &mut Dice, container: &str) {
        let (major, minor) = (dice.roll(9), dice.roll(30));
        let digest: String = (0..4).map(|_| format!("{:016x}", dice.roll(u64::MAX))).collect();
        _ = write!(text, "      - name: {container}\n        image: registry.example.com/{}/{container}:{major}.{minor}", self.namespace);
        text.push_str(&if dice.chance(85) { format!("@sha256:{digest}\n") } else { "\n".to_owned() });
        text.push_str("        ports:\n        - name: http\n          containerPort: 8080\n          protocol: TCP\n        env:\n        - name: LOG_LEVEL\n          value: info\n        - name: POD_NAME\n          valueFrom:\n            fieldRef:\n              fieldPath: metadata.name\n");
        if dice.chance(90) {
            text.push_str("        securityContext:\n          allowPrivilegeEscalation: false\n          readOnlyRootFilesystem: true\n          capabilities:\n            drop:\n            - ALL\n");
        } else if dice.chance(20) {
            text.push_str("        securityContext:\n          privileged: true\n");
        }
        text.push_str("        resources:\n          requests:\n            cpu: 100m\n            memory: 128Mi\n            ephemeral-storage: 64Mi\n          limits:\n            cpu: \"1\"\n            memory: 256Mi\n            ephemeral-storage: 128Mi\n        readinessProbe:\n          httpGet:\n            path: /ready\n            port: http\n          periodSeconds: 10\n        volumeMounts:\n        - name: scratch\n          mountPath: /tmp\n");
    }

    fn service(&self, text: &mut String) {
        self.next(text, "v1", "Service");
        _ = write!(
            text,
            "spec:\n  type: ClusterIP\n  selector:\n    app.kubernetes.io/name: {}\n  ports:\n  - name: http\n    port: 80\n    targetPort: http\n    protocol: TCP\n",
            self.name
        );
    }

    fn account(&self, text: &mut String, dice: &mut Dice) {
        let (name, namespace) = (self.name, self.namespace);
        self.next(text, "v1", "ServiceAccount");
        text.push_str("automountServiceAccountToken: false\n");
        if dice.chance(40) {
            self.next(text, "rbac.authorization.k8s.io/v1", "Role");
            text.push_str("rules:\n- apiGroups: [\"\"]\n  resources: [\"configmaps\"]\n  verbs: [\"get\", \"list\", \"watch\"]\n- apiGroups: [\"coordination.k8s.io\"]\n  resources: [\"leases\"]\n  verbs: [\"get\", \"create\", \"update\"]\n");
            self.next(text, "rbac.authorization.k8s.io/v1", "RoleBinding");
            _ = write!(
                text,
                "roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: Role\n  name: {name}\nsubjects:\n- kind: ServiceAccount\n  name: {name}\n  namespace: {namespace}\n"
            );
        }
    }

    fn config(&self, text: &mut String, dice: &mut Dice) {
        self.next(text, "v1", "ConfigMap");
        text.push_str("data:\n  application.yaml: |\n    server:\n      port: 8080\n      shutdown: graceful\n    features:\n");
        for feature in 0..3 + dice.roll(12) {
            _ = writeln!(text, "      feature-{feature}: {{enabled: true, rollout: {}}}", dice.roll(100));
        }
        _ = write!(text, "  LOG_FORMAT: json\n  TIMEOUT_SECONDS: \"{}\"\n", 5 + dice.roll(55));
    }

    fn policy(&self, text: &mut String, dice: &mut Dice) {
        let name = self.name;
        self.next(text, "networking.k8s.io/v1", "NetworkPolicy");
        _ = write!(
            text,
            "spec:\n  podSelector:\n    matchLabels:\n      app.kubernetes.io/name: {name}\n  policyTypes:\n  - Ingress\n  - Egress\n  ingress:\n  - from:\n    - podSelector:\n        matchLabels:\n          role: gateway\n    ports:\n    - protocol: TCP\n      port: 8080\n  egress:\n  - to:\n    - namespaceSelector:\n        matchLabels:\n          kubernetes.io/metadata.name: kube-system\n    ports:\n    - protocol: UDP\n      port: 53\n"
        );
        if dice.chance(5) {
            text.push_str("  - to:\n    - ipBlock:\n        cidr: 0.0.0.0/0\n");
        }
    }

    fn budget(&self, text: &mut String) {
        self.next(text, "policy/v1", "PodDisruptionBudget");
        _ = write!(text, "spec:\n  minAvailable: 1\n  selector:\n    matchLabels:\n      app.kubernetes.io/name: {}\n", self.name);
    }

    fn autoscaler(&self, text: &mut String) {
        self.next(text, "autoscaling/v2", "HorizontalPodAutoscaler");
        _ = write!(
            text,
            "spec:\n  minReplicas: 1\n  maxReplicas: 5\n  scaleTargetRef:\n    apiVersion: apps/v1\n    kind: Deployment\n    name: {}\n  metrics:\n  - type: Resource\n    resource:\n      name: cpu\n      target:\n        type: Utilization\n        averageUtilization: 70\n",
            self.name
        );
    }

    fn ingress(&self, text: &mut String) {
        let name = self.name;
        self.next(text, "networking.k8s.io/v1", "Ingress");
        _ = write!(
            text,
            "spec:\n  ingressClassName: nginx\n  tls:\n  - hosts:\n    - {name}.shop.example.com\n    secretName: {name}-tls\n  rules:\n  - host: {name}.shop.example.com\n    http:\n      paths:\n      - path: /\n        pathType: Prefix\n        backend:\n          service:\n            name: {name}\n            port:\n              name: http\n"
        );
    }
}
